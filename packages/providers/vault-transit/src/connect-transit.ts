import { readFile } from 'node:fs/promises'
import { type KekDriver, KeywrightError } from '@keywright/core/provider'
import type { WithResilience } from '@keywright/resilience'
import { type EnvironmentVault, environment, environmentOf } from './client/environment.ts'
import { tryLimitOf } from './client/one-try.ts'
import { type VaultTls, vaultHttp } from './client/vault-http.ts'
import { VaultSession } from './client/vault-session.ts'
import { transitDriver } from './transit-driver.ts'
import { transitKey } from './transit-key.ts'
import type { VaultKey } from './vault-address.ts'
import type { VaultClient, VaultTransitOptions } from './vault-options.ts'

/** Logs in and reads the key: a KEK is never made by a typing error, as an encrypt under an unknown name would. */
export async function connectTransit(
  options: WithResilience<VaultTransitOptions>,
  address: VaultKey,
  { signal }: { readonly signal?: AbortSignal | undefined },
): Promise<KekDriver> {
  const { client, close: closeClient } =
    options.client === undefined ? await ownClient(options, address) : givenClient(options.client)
  const auth = options.client === undefined ? (options.auth ?? { method: 'token' }) : undefined
  const limit = tryLimitOf(options.resilience)
  const session = new VaultSession(client, auth, { clock: options.clock, limit })
  const close = async (): Promise<void> => {
    session.close()
    closeClient()
  }
  try {
    if (auth !== undefined) await session.login(signal)
    const key = transitKey(await session.call(`${address.mount}/keys/${address.key}`, undefined, signal))
    return transitDriver(session, address, key, limit, close)
  } catch (error) {
    await close()
    throw error
  }
}

function givenClient(client: VaultClient): { client: VaultClient; close: () => void } {
  return { client, close: () => {} }
}

/** node-vault with another transport and without its debug lines, which between them show tokens and data keys. */
async function ownClient(
  { tls }: VaultTransitOptions,
  { origin, namespace }: VaultKey,
): Promise<{ client: VaultClient; close: () => void }> {
  const { default: nodeVault } = await import('node-vault')
  const http = vaultHttp(origin, tls ?? (await environmentTls(environmentOf(origin))))
  const client = nodeVault({
    'request-promise': { defaults: () => http.send },
    debug: () => {},
    endpoint: origin,
  })
  // It falls back to its own reading of the environment wherever it is told nothing.
  Object.assign(client, { token: '', namespace, pathPrefix: '' })
  return { client, close: http.close }
}

/** Whom this machine trusts it trusts for every Vault; the rest is for the Vault that it is said of. */
async function environmentTls(vault: EnvironmentVault | undefined): Promise<VaultTls> {
  const own = (name: string): string | undefined => vault?.variable(name)
  const skip = own('SKIP_VERIFY')
  const [ca, cert, key] = await Promise.all([
    readPem('CACERT', own('CACERT') ?? environment('CACERT')),
    readPem('CLIENT_CERT', own('CLIENT_CERT')),
    readPem('CLIENT_KEY', own('CLIENT_KEY')),
  ])
  // Other values, "false" among them, do not mean it.
  const rejectUnauthorized = !(skip === 'true' || skip === '1')
  return { ca, cert, key, servername: own('TLS_SERVER_NAME'), rejectUnauthorized }
}

async function readPem(name: string, file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined
  try {
    return await readFile(file, 'utf8')
  } catch {
    throw new KeywrightError('configuration', `the file that VAULT_${name} names cannot be read`, {
      field: 'tls',
    })
  }
}
