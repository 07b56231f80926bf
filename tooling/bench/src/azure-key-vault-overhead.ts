import { readFileSync } from 'node:fs'
import { CryptographyClient, KeyClient, type KeyVaultKey } from '@azure/keyvault-keys'
import { azureKeyVault } from '@keywright/azure-key-vault'
import { openBackend } from '@keywright/backends'
import type { KeyContext } from '@keywright/core'
import type { BenchCase } from './bench-case.ts'
import { type OverheadSubject, overheadCases } from './provider-overhead.ts'

const operations = ['wrap', 'unwrap'] as const
const resource = 'https://managedhsm.azure.net'

async function start(): Promise<OverheadSubject<(typeof operations)[number]>> {
  const emulators = await openBackend('emulators')
  const { environment } = emulators
  const [, key = ''] = (environment['KEYWRIGHT_AZURE_MANAGED_HSM_KEY'] ?? '').split('azure-key-vault://')
  const [host = '', , name = ''] = key.split('/')
  const token = await tokenFrom(environment)
  const credential = { getToken: async () => ({ token, expiresOnTimestamp: Date.now() + 3_000_000 }) }
  const tlsOptions = { ca: readFileSync(environment['NODE_EXTRA_CA_CERTS'] ?? '', 'utf8') }
  const options = (): object => ({
    disableChallengeResourceVerification: true,
    retryOptions: { maxRetries: 0 },
    tlsOptions,
  })
  // The bare calls go through the very clients that the provider uses.
  const clients = new Map<string, CryptographyClient>()
  const cryptography = (of: KeyVaultKey): CryptographyClient => {
    const made = clients.get(of.id ?? '') ?? new CryptographyClient(of, credential, options())
    clients.set(of.id ?? '', made)
    return made
  }
  const client = { keys: new KeyClient(`https://${host}`, credential, options()), cryptography }
  const kek = azureKeyVault({ key, client })
  const context: KeyContext = { role: 'dek', pairs: { tenant: 'acme' }, digest: new Uint8Array(32).fill(1) }
  const dataKey = crypto.getRandomValues(new Uint8Array(32))
  const { wrapped, algorithm, keyVersion = '' } = await kek.wrapKey({ dataKey, context })
  const slot = { wrapped, algorithm, keyVersion, reference: key, context }
  await kek.unwrapKey(slot)
  const [wraps, unwraps] = [...clients.values()]
  if (wraps === undefined || unwraps === undefined) throw new Error(`the KEK of ${name} made no clients`)
  const bound = { algorithm: 'A256GCM', additionalAuthenticatedData: context.digest } as const
  const parts = {
    iv: wrapped.subarray(0, 12),
    ciphertext: wrapped.subarray(12, -16),
    authenticationTag: wrapped.subarray(-16),
  }
  return {
    environment: emulators.environment,
    service: 'azure-managed-hsm',
    pairs: {
      wrap: {
        bare: () => wraps.encrypt({ ...bound, plaintext: dataKey }),
        provider: () => kek.wrapKey({ dataKey, context }),
      },
      unwrap: { bare: () => unwraps.decrypt({ ...bound, ...parts }), provider: () => kek.unwrapKey(slot) },
    },
    close: async () => {
      await kek.close()
      await emulators.stop()
    },
  }
}

/** As a managed identity gets it. */
async function tokenFrom(environment: Readonly<Record<string, string>>): Promise<string> {
  const { IDENTITY_ENDPOINT = '', IDENTITY_HEADER = '' } = environment
  const query = new URLSearchParams({ 'api-version': '2019-08-01', resource })
  const headers = { 'X-IDENTITY-HEADER': IDENTITY_HEADER }
  const answer = await fetch(`${IDENTITY_ENDPOINT}?${query}`, { headers })
  return ((await answer.json()) as { access_token: string }).access_token
}

/** What `@keywright/azure-key-vault` with its retry policy adds to `@azure/keyvault-keys`, with A256GCM on the emulator. */
export const azureKeyVaultOverheadCases: readonly BenchCase[] = overheadCases(
  'azure-key-vault',
  operations,
  start,
)
