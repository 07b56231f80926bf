import { openBackend } from '@keywright/backends'
import type { KeyContext } from '@keywright/core'
import { gcpKms } from '@keywright/gcp-kms'
import type { BenchCase } from './bench-case.ts'
import { type OverheadSubject, overheadCases } from './provider-overhead.ts'

const operations = ['wrap', 'unwrap'] as const
const location = 'projects/bench/locations/global'

async function start(): Promise<OverheadSubject<(typeof operations)[number]>> {
  const { KeyManagementServiceClient } = await import('@google-cloud/kms')
  const { default: gax } = await import('google-gax')
  const emulators = await openBackend('emulators')
  const { hostname, port } = new URL(emulators.environment['KEYWRIGHT_GCP_KMS_ENDPOINT'] ?? '')
  const client = new KeyManagementServiceClient({
    apiEndpoint: hostname,
    port: Number(port),
    sslCreds: gax.grpc.credentials.createInsecure(),
    clientOptions: { universeDomain: 'googleapis.com' },
  })
  const [ring] = await client.createKeyRing({ parent: location, keyRingId: 'bench' })
  const [made] = await client.createCryptoKey({
    parent: ring.name ?? '',
    cryptoKeyId: 'bench',
    cryptoKey: { purpose: 'ENCRYPT_DECRYPT' },
  })
  const name = made.name ?? ''
  const kek = gcpKms({ key: name, client })
  const context: KeyContext = { role: 'dek', pairs: { tenant: 'acme' }, digest: new Uint8Array(32).fill(1) }
  const dataKey = crypto.getRandomValues(new Uint8Array(32))
  const additionalAuthenticatedData = context.digest
  const { wrapped, algorithm, keyVersion = '' } = await kek.wrapKey({ dataKey, context })
  const slot = { wrapped, algorithm, keyVersion, reference: name, context }
  return {
    environment: emulators.environment,
    service: 'gcp-kms',
    pairs: {
      wrap: {
        bare: () => client.encrypt({ name, plaintext: dataKey, additionalAuthenticatedData }),
        provider: () => kek.wrapKey({ dataKey, context }),
      },
      unwrap: {
        bare: () => client.decrypt({ name, ciphertext: wrapped, additionalAuthenticatedData }),
        provider: () => kek.unwrapKey(slot),
      },
    },
    close: async () => {
      await kek.close()
      await client.close()
      await emulators.stop()
    },
  }
}

/**
 * What `@keywright/gcp-kms` with its retry policy adds to `@google-cloud/kms` as it comes, on the emulator in another
 * process. The client alone neither sends nor checks a checksum; the provider does both.
 */
export const gcpKmsOverheadCases: readonly BenchCase[] = overheadCases('gcp-kms', operations, start)
