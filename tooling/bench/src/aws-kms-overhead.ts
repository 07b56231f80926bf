import { awsKms } from '@keywright/aws-kms'
import { openBackend } from '@keywright/backends'
import type { KeyContext } from '@keywright/core'
import type { BenchCase } from './bench-case.ts'
import { type OverheadSubject, overheadCases } from './provider-overhead.ts'

const operations = ['generate', 'wrap', 'unwrap'] as const

async function start(): Promise<OverheadSubject<(typeof operations)[number]>> {
  const { CreateKeyCommand, DecryptCommand, EncryptCommand, GenerateDataKeyCommand, KMSClient } =
    await import('@aws-sdk/client-kms')
  const emulators = await openBackend('emulators')
  const { AWS_ENDPOINT_URL_KMS: endpoint = '', AWS_REGION: region = '', ...secrets } = emulators.environment
  const { AWS_ACCESS_KEY_ID: accessKeyId = '', AWS_SECRET_ACCESS_KEY: secretAccessKey = '' } = secrets
  const client = new KMSClient({
    endpoint,
    region,
    credentials: { accessKeyId, secretAccessKey },
    maxAttempts: 1,
    requestHandler: { httpAgent: { maxSockets: 64, keepAlive: true } },
  })
  const { KeyMetadata } = await client.send(new CreateKeyCommand({}))
  const KeyId = KeyMetadata?.Arn ?? ''
  const kek = awsKms({ key: KeyId, client })
  const context: KeyContext = {
    role: 'dek',
    pairs: { tenant: 'acme', table: 'orders' },
    digest: new Uint8Array(32),
  }
  const EncryptionContext = { tenant: 'acme', table: 'orders', 'keywright:v1': 'dek' }
  const dataKey = crypto.getRandomValues(new Uint8Array(32))
  const { wrapped, algorithm, keyVersion = '' } = await kek.generateDataKey({ context })
  const slot = { wrapped, algorithm, keyVersion, reference: KeyId, context }
  return {
    environment: emulators.environment,
    service: 'aws-kms',
    pairs: {
      generate: {
        bare: () => client.send(new GenerateDataKeyCommand({ KeyId, NumberOfBytes: 32, EncryptionContext })),
        provider: () => kek.generateDataKey({ context }),
      },
      wrap: {
        bare: () => client.send(new EncryptCommand({ KeyId, Plaintext: dataKey, EncryptionContext })),
        provider: () => kek.wrapKey({ dataKey, context }),
      },
      unwrap: {
        bare: () => client.send(new DecryptCommand({ KeyId, CiphertextBlob: wrapped, EncryptionContext })),
        provider: () => kek.unwrapKey(slot),
      },
    },
    close: async () => {
      await kek.close()
      client.destroy()
      await emulators.stop()
    },
  }
}

/** What `@keywright/aws-kms` with its retry policy adds to `@aws-sdk/client-kms`, on the emulator in another process. */
export const awsKmsOverheadCases: readonly BenchCase[] = overheadCases('aws-kms', operations, start)
