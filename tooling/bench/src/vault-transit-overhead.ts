import { openBackend } from '@keywright/backends'
import type { KeyContext } from '@keywright/core'
import { vaultTransit } from '@keywright/vault-transit'
import nodeVault from 'node-vault'
import type { BenchCase } from './bench-case.ts'
import { type OverheadSubject, overheadCases } from './provider-overhead.ts'

const operations = ['generate', 'wrap', 'unwrap'] as const

async function start(): Promise<OverheadSubject<(typeof operations)[number]>> {
  const emulators = await openBackend('emulators')
  const { VAULT_ADDR: address = '', VAULT_TOKEN: token = '' } = emulators.environment
  const client = nodeVault({ endpoint: address, token })
  await client.write('transit/keys/bench', { derived: true })
  const auth = { method: 'token', token } as const
  const kek = vaultTransit({ key: 'bench', address, namespace: '', auth })
  const context: KeyContext = { role: 'dek', pairs: { tenant: 'acme' }, digest: new Uint8Array(32).fill(1) }
  const bound = { context: Buffer.from(context.digest).toString('base64') }
  const dataKey = crypto.getRandomValues(new Uint8Array(32))
  const plaintext = Buffer.from(dataKey).toString('base64')
  const { reference } = await kek.connect()
  const { wrapped, algorithm, keyVersion = '' } = await kek.generateDataKey({ context })
  const slot = { wrapped, algorithm, keyVersion, reference, context }
  const ciphertext = Buffer.from(wrapped).toString()
  return {
    environment: emulators.environment,
    service: 'vault-transit',
    pairs: {
      generate: {
        bare: () => client.write('transit/datakey/plaintext/bench', bound),
        provider: () => kek.generateDataKey({ context }),
      },
      wrap: {
        bare: () => client.write('transit/encrypt/bench', { plaintext, ...bound }),
        provider: () => kek.wrapKey({ dataKey, context }),
      },
      unwrap: {
        bare: () => client.write('transit/decrypt/bench', { ciphertext, ...bound }),
        provider: () => kek.unwrapKey(slot),
      },
    },
    close: async () => {
      await kek.close()
      await emulators.stop()
    },
  }
}

/** What `@keywright/vault-transit` with its retry policy adds to node-vault as it comes, on the emulator in another process. */
export const vaultTransitOverheadCases: readonly BenchCase[] = overheadCases(
  'vault-transit',
  operations,
  start,
)
