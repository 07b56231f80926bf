import { CreateKeyCommand, DecryptCommand, GenerateDataKeyCommand, KMSClient } from '@aws-sdk/client-kms'
import { awsKms } from '@keywright/aws-kms'
import { openBackend } from '@keywright/backends'

const emulators = await openBackend('emulators')
const { AWS_ENDPOINT_URL_KMS: endpoint = '', AWS_REGION: region = '', ...s } = emulators.environment
const client = new KMSClient({
  endpoint,
  region,
  credentials: {
    accessKeyId: s['AWS_ACCESS_KEY_ID'] ?? '',
    secretAccessKey: s['AWS_SECRET_ACCESS_KEY'] ?? '',
  },
  maxAttempts: 1,
  requestHandler: { httpAgent: { maxSockets: 64, keepAlive: true } },
})
const { KeyMetadata } = await client.send(new CreateKeyCommand({}))
const KeyId = KeyMetadata?.Arn ?? ''
const kek = awsKms({ key: KeyId, client })
const bareKek = awsKms({ key: KeyId, client, resilience: false })
const context = {
  role: 'dek',
  pairs: { tenant: 'acme', table: 'orders' },
  digest: new Uint8Array(32),
} as const
const EncryptionContext = { tenant: 'acme', table: 'orders', 'keywright:v1': 'dek' }
const { wrapped, algorithm, keyVersion = '' } = await kek.generateDataKey({ context })
const slot = { wrapped, algorithm, keyVersion, reference: KeyId, context }
const cmd = () => new DecryptCommand({ KeyId, CiphertextBlob: wrapped, EncryptionContext })
const kinds = {
  bare: () => client.send(cmd()),
  bareSignal: () => client.send(cmd(), { abortSignal: new AbortController().signal }),
  bareTimer: async () => {
    const t = setTimeout(() => {}, 3000)
    const u = setTimeout(() => {}, 10000)
    try {
      return await client.send(cmd())
    } finally {
      clearTimeout(t)
      clearTimeout(u)
    }
  },
  noPolicy: () => bareKek.unwrapKey(slot),
  noPolicySignal: () => bareKek.unwrapKey({ ...slot, signal: new AbortController().signal }),
  provider: () => kek.unwrapKey(slot),
}
void GenerateDataKeyCommand
const sums: Record<string, number[]> = {}
for (let round = 0; round < 60; round++)
  for (const [name, call] of Object.entries(kinds)) {
    const c = Number(process.argv[2] ?? 1),
      n = 256
    const t = process.cpuUsage()
    await Promise.all(
      Array.from({ length: c }, async () => {
        for (let i = 0; i < n / c; i++) await call()
      }),
    )
    const { user, system } = process.cpuUsage(t)
    if (round > 9) (sums[name] ??= []).push((user + system) / n)
  }
for (const [n, v] of Object.entries(sums)) {
  v.sort((a, b) => a - b)
  console.log(n, 'median', v[Math.floor(v.length / 2)]?.toFixed(0), 'p10', v[5]?.toFixed(0))
}
client.destroy()
await emulators.stop()
