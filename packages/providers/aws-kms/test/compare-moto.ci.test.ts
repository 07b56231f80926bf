import {
  CreateAliasCommand,
  CreateKeyCommand,
  DecryptCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  GenerateDataKeyWithoutPlaintextCommand,
  GenerateRandomCommand,
  KMSClient,
  ListKeyRotationsCommand,
  ReEncryptCommand,
  ReplicateKeyCommand,
  RotateKeyOnDemandCommand,
  ScheduleKeyDeletionCommand,
} from '@aws-sdk/client-kms'
import { startBackend } from '@keywright/backends'
import { awsKmsEmulator } from '@keywright/emulators'
import { afterAll, expect, test } from 'vitest'
import { classifyAwsError } from '../src/error-codes.ts'

/** Two keys of one server, and what the first encrypted under the context `{ a: 'b' }`. */
interface Server {
  readonly client: KMSClient
  readonly first: string
  readonly second: string
  readonly blob: Uint8Array
  /** A client of another Region. */
  readonly elsewhere: KMSClient
}

/** One call, made to both. */
interface Row {
  readonly call: string
  readonly operation: 'wrapKey' | 'unwrapKey' | 'rewrapKey' | 'generateDataKey' | 'describeKey'
  readonly ask: (server: Server) => Promise<object>
  /** Why moto's answer is another; AWS is as the emulator is. */
  readonly motoDiffers?: string
}

const EncryptionContext = { a: 'b' }
const Plaintext = new Uint8Array(32).fill(7)
const noMaterial = 'names no key material, and no algorithm'
const namesForeign =
  'says AccessDeniedException where the ciphertext is of another key, or altered in its first 36 bytes'
const stateless = 'lets disabled keys and keys pending deletion work on'
const altered = (bytes: Uint8Array, at: number): Uint8Array =>
  bytes.map((byte, index) => (index === at ? byte ^ 1 : byte))

/** A key made for one row. */
async function newKey({ client }: Server, request: { MultiRegion?: boolean } = {}): Promise<string> {
  const { KeyMetadata } = await client.send(new CreateKeyCommand({ KeyUsage: 'ENCRYPT_DECRYPT', ...request }))
  return KeyMetadata?.Arn ?? ''
}

const decrypt = (server: Server, request: object): Promise<object> =>
  server.client.send(
    new DecryptCommand({ CiphertextBlob: server.blob, EncryptionContext, KeyId: server.first, ...request }),
  )

const reEncrypt = (server: Server, request: object): Promise<object> => {
  const from = {
    CiphertextBlob: server.blob,
    SourceEncryptionContext: EncryptionContext,
    SourceKeyId: server.first,
  }
  return server.client.send(new ReEncryptCommand({ ...from, DestinationKeyId: server.second, ...request }))
}

const rows: readonly Row[] = [
  {
    call: 'Encrypt',
    operation: 'wrapKey',
    ask: ({ client, first }) =>
      client.send(new EncryptCommand({ KeyId: first, Plaintext, EncryptionContext })),
    motoDiffers: noMaterial,
  },
  {
    call: 'Encrypt by alias',
    operation: 'wrapKey',
    ask: async ({ client, first }) => {
      await client.send(new CreateAliasCommand({ AliasName: 'alias/compared', TargetKeyId: first }))
      return client.send(new EncryptCommand({ KeyId: 'alias/compared', Plaintext }))
    },
    motoDiffers: noMaterial,
  },
  {
    call: 'Encrypt of 4,096 bytes',
    operation: 'wrapKey',
    ask: ({ client, first }) =>
      client.send(new EncryptCommand({ KeyId: first, Plaintext: new Uint8Array(4096) })),
    motoDiffers: noMaterial,
  },
  {
    call: 'Encrypt of 4,097 bytes',
    operation: 'wrapKey',
    ask: ({ client, first }) =>
      client.send(new EncryptCommand({ KeyId: first, Plaintext: new Uint8Array(4097) })),
  },
  {
    call: 'Encrypt under an unknown key',
    operation: 'wrapKey',
    ask: ({ client }) =>
      client.send(new EncryptCommand({ KeyId: '00000000-0000-4000-8000-000000000000', Plaintext })),
  },
  {
    call: 'Encrypt under an unknown alias',
    operation: 'wrapKey',
    ask: ({ client }) => client.send(new EncryptCommand({ KeyId: 'alias/none', Plaintext })),
  },
  { call: 'Decrypt', operation: 'unwrapKey', ask: (server) => decrypt(server, {}), motoDiffers: noMaterial },
  {
    call: 'Decrypt under another context',
    operation: 'unwrapKey',
    ask: (server) => decrypt(server, { EncryptionContext: { a: 'c' } }),
  },
  {
    call: 'Decrypt without the context',
    operation: 'unwrapKey',
    ask: (server) => decrypt(server, { EncryptionContext: undefined }),
  },
  {
    call: 'Decrypt, the last byte changed',
    operation: 'unwrapKey',
    ask: (server) => decrypt(server, { CiphertextBlob: altered(server.blob, server.blob.length - 1) }),
  },
  {
    call: 'Decrypt, byte 10 changed',
    operation: 'unwrapKey',
    ask: (server) => decrypt(server, { CiphertextBlob: altered(server.blob, 10) }),
    motoDiffers: namesForeign,
  },
  {
    call: 'Decrypt naming another key',
    operation: 'unwrapKey',
    ask: (server) => decrypt(server, { KeyId: server.second }),
    motoDiffers: namesForeign,
  },
  {
    call: 'Decrypt naming an unknown key',
    operation: 'unwrapKey',
    ask: (server) => decrypt(server, { KeyId: '00000000-0000-4000-8000-000000000000' }),
  },
  {
    call: 'GenerateDataKey',
    operation: 'generateDataKey',
    ask: ({ client, first }) => client.send(new GenerateDataKeyCommand({ KeyId: first, NumberOfBytes: 32 })),
    motoDiffers: noMaterial,
  },
  {
    call: 'GenerateDataKeyWithoutPlaintext',
    operation: 'generateDataKey',
    ask: ({ client, first }) =>
      client.send(new GenerateDataKeyWithoutPlaintextCommand({ KeyId: first, KeySpec: 'AES_256' })),
    motoDiffers: noMaterial,
  },
  {
    call: 'GenerateDataKey of 1,025 bytes',
    operation: 'generateDataKey',
    ask: ({ client, first }) =>
      client.send(new GenerateDataKeyCommand({ KeyId: first, NumberOfBytes: 1025 })),
  },
  {
    call: 'GenerateRandom',
    operation: 'generateDataKey',
    ask: ({ client }) => client.send(new GenerateRandomCommand({ NumberOfBytes: 32 })),
  },
  {
    call: 'ReEncrypt',
    operation: 'rewrapKey',
    ask: (server) => reEncrypt(server, {}),
    motoDiffers: noMaterial,
  },
  {
    call: 'ReEncrypt under another context',
    operation: 'rewrapKey',
    ask: (server) => reEncrypt(server, { SourceEncryptionContext: { a: 'c' } }),
  },
  {
    call: 'ReEncrypt naming another source',
    operation: 'rewrapKey',
    ask: (server) => reEncrypt(server, { SourceKeyId: server.second }),
    motoDiffers: 'ignores a wrong SourceKeyId',
  },
  {
    call: 'ReEncrypt to an unknown key',
    operation: 'rewrapKey',
    ask: (server) => reEncrypt(server, { DestinationKeyId: '00000000-0000-4000-8000-000000000000' }),
  },
  {
    call: 'DescribeKey of an unknown key',
    operation: 'describeKey',
    ask: ({ client }) =>
      client.send(new DescribeKeyCommand({ KeyId: '00000000-0000-4000-8000-000000000000' })),
  },
  {
    call: 'ListKeyRotations after a rotation',
    operation: 'describeKey',
    ask: async (server) => {
      const KeyId = await newKey(server)
      await server.client.send(new RotateKeyOnDemandCommand({ KeyId }))
      return server.client.send(new ListKeyRotationsCommand({ KeyId }))
    },
  },
  {
    call: 'Decrypt after a rotation',
    operation: 'unwrapKey',
    ask: async (server) => {
      const KeyId = await newKey(server)
      const { CiphertextBlob } = await server.client.send(new EncryptCommand({ KeyId, Plaintext }))
      await server.client.send(new RotateKeyOnDemandCommand({ KeyId }))
      return server.client.send(new DecryptCommand({ KeyId, CiphertextBlob }))
    },
    motoDiffers: noMaterial,
  },
  {
    call: 'Encrypt under a disabled key',
    operation: 'wrapKey',
    ask: async (server) => {
      const KeyId = await newKey(server)
      await server.client.send(new DisableKeyCommand({ KeyId }))
      return server.client.send(new EncryptCommand({ KeyId, Plaintext }))
    },
    motoDiffers: stateless,
  },
  {
    call: 'Encrypt under a key pending deletion',
    operation: 'wrapKey',
    ask: async (server) => {
      const KeyId = await newKey(server)
      await server.client.send(new ScheduleKeyDeletionCommand({ KeyId }))
      return server.client.send(new EncryptCommand({ KeyId, Plaintext }))
    },
    motoDiffers: stateless,
  },
  {
    call: 'Encrypt with DryRun',
    operation: 'wrapKey',
    ask: ({ client, first }) => client.send(new EncryptCommand({ KeyId: first, Plaintext, DryRun: true })),
    motoDiffers: 'does what DryRun asks not to do',
  },
  {
    call: 'Decrypt by a replica',
    operation: 'unwrapKey',
    ask: async (server) => {
      const KeyId = await newKey(server, { MultiRegion: true })
      await server.client.send(new ReplicateKeyCommand({ KeyId, ReplicaRegion: 'us-east-1' }))
      const { CiphertextBlob } = await server.client.send(new EncryptCommand({ KeyId, Plaintext }))
      return server.elsewhere.send(new DecryptCommand({ KeyId: KeyId.split('/')[1], CiphertextBlob }))
    },
    motoDiffers: 'gives replicas other material than their primary',
  },
]

/** Code of ours, or the members of the answer with their kinds. */
async function seenOf({ ask, operation }: Row, server: Server): Promise<unknown> {
  try {
    const { $metadata: _, ...answer } = (await ask(server)) as Record<string, unknown>
    const members = Object.entries(answer).filter(([, value]) => value !== undefined)
    return Object.fromEntries(members.map(([name, value]) => [name, kindOf(value)]))
  } catch (error) {
    return classifyAwsError(error, { operation }).code
  }
}

function kindOf(value: unknown): string {
  if (value instanceof Uint8Array) return 'bytes'
  if (Array.isArray(value)) return `list of ${value.length}`
  return String(value).startsWith('arn:') ? 'arn' : typeof value
}

async function serverOf(
  endpoint: string,
  region: string,
  environment: Readonly<Record<string, string>>,
): Promise<Server> {
  const { AWS_ACCESS_KEY_ID: accessKeyId = '', AWS_SECRET_ACCESS_KEY: secretAccessKey = '' } = environment
  const clientOf = (where: string): KMSClient =>
    new KMSClient({ endpoint, region: where, credentials: { accessKeyId, secretAccessKey }, maxAttempts: 1 })
  const [client, elsewhere] = [clientOf(region), clientOf('us-east-1')]
  const place = { client, elsewhere, first: '', second: '', blob: new Uint8Array(0) }
  const [first, second] = [await newKey(place), await newKey(place)]
  const { CiphertextBlob } = await client.send(
    new EncryptCommand({ KeyId: first, Plaintext, EncryptionContext }),
  )
  return { client, elsewhere, first, second, blob: CiphertextBlob ?? place.blob }
}

const moto = await startBackend('moto')
if (moto !== undefined) {
  const emulator = await awsKmsEmulator()
  afterAll(() => emulator.close())
  const { AWS_REGION: region = '', AWS_ENDPOINT_URL: endpoint = '' } = moto.environment
  const ofMoto = await serverOf(endpoint, region, moto.environment)
  const ofEmulator = await serverOf(emulator.url, region, emulator.environment)

  test.each(rows.filter((row) => row.motoDiffers === undefined))(
    'moto and the emulator answer alike: $call',
    async (row) => {
      expect(await seenOf(row, ofEmulator)).toEqual(await seenOf(row, ofMoto))
    },
  )

  test.each(rows.filter((row) => row.motoDiffers === noMaterial))('moto $motoDiffers: $call', async (row) => {
    const [ours, theirs] = [await seenOf(row, ofEmulator), await seenOf(row, ofMoto)]
    expect(ours).toMatchObject(Object(theirs))
    expect(
      Object.keys(Object(ours)).filter((name) => !Object.hasOwn(Object(theirs), name)).length,
    ).toBeGreaterThan(0)
  })

  const others = rows.filter(({ motoDiffers }) => motoDiffers !== undefined && motoDiffers !== noMaterial)
  test.each(others)('moto $motoDiffers: $call', async (row) => {
    expect(await seenOf(row, ofEmulator)).not.toEqual(await seenOf(row, ofMoto))
  })
}
