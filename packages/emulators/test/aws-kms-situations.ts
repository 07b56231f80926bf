import type { AwsKmsEmulator } from '../src/index.ts'
import type { WireAnswer } from './aws-kms-wire.ts'

/** How strong the evidence is: a recorder's file, what a client kept of an answer, or what somebody quoted. */
type Strength = 'recorded' | 'recorded-parsed' | 'quoted'

/** What a situation is made with. */
export interface Place {
  readonly emulator: AwsKmsEmulator
  readonly call: (
    operation: string,
    members: Readonly<Record<string, unknown>>,
    region?: string,
  ) => Promise<WireAnswer>
  /** Makes a key and gives its ARN. */
  readonly newKey: (members?: Readonly<Record<string, unknown>>) => Promise<string>
  /** Encrypts some bytes and gives the blob in base64. */
  readonly encrypt: (key: string, context?: Readonly<Record<string, string>>) => Promise<string>
}

/** One situation in which the real service was seen, with what it answered. */
export interface Situation {
  readonly situation: string
  readonly strength: Strength
  readonly status: number
  /** Members of the body, in the order of the wire. */
  readonly members: readonly string[]
  readonly code?: string
  /** The text, `KEY`, `ALIAS`, `USER` and `REGION` standing for what they name. */
  readonly message?: string
  readonly ask: (place: Place) => Promise<WireAnswer>
}

/** A situation that the emulator answers differently, or not at all, and why. */
export interface Difference {
  readonly situation: string
  readonly reason: string
}

const plaintext = Buffer.from("I'm a secret message!").toString('base64')
const bytesOf = (base64: string): Buffer => Buffer.from(base64, 'base64')

/** Decrypts a ciphertext after a change. */
function altered(change: (bytes: Buffer) => Buffer): Situation['ask'] {
  return async ({ call, newKey, encrypt }) => {
    const bytes = change(bytesOf(await encrypt(await newKey())))
    return call('Decrypt', { CiphertextBlob: bytes.toString('base64') })
  }
}

const garbled = (situation: string, strength: Strength, ask: Situation['ask']): Situation => ({
  situation,
  strength,
  status: 400,
  members: ['__type'],
  code: 'InvalidCiphertextException',
  ask,
})

const refused = (
  situation: string,
  strength: Strength,
  code: string,
  message: string,
  ask: Situation['ask'],
): Situation => ({ situation, strength, status: 400, members: ['__type', 'message'], code, message, ask })

const incorrect = 'The key ID in the request does not identify a CMK that can perform this operation.'

/** Every situation in which the service was recorded and that this emulator answers alike. */
export const situations: readonly Situation[] = [
  {
    situation: 'Encrypt, the key by its alias',
    strength: 'recorded',
    status: 200,
    members: ['CiphertextBlob', 'EncryptionAlgorithm', 'KeyId'],
    ask: async ({ call, newKey }) => {
      await call('CreateAlias', { AliasName: 'alias/test-secrets', TargetKeyId: await newKey() })
      return call('Encrypt', { KeyId: 'alias/test-secrets', Plaintext: plaintext })
    },
  },
  {
    situation: 'Encrypt with an encryption context',
    strength: 'recorded-parsed',
    status: 200,
    members: ['CiphertextBlob', 'EncryptionAlgorithm', 'KeyId'],
    ask: async ({ call, newKey }) =>
      call('Encrypt', { KeyId: await newKey(), Plaintext: plaintext, EncryptionContext: { a: 'b' } }),
  },
  {
    situation: 'Decrypt',
    strength: 'recorded',
    status: 200,
    members: ['EncryptionAlgorithm', 'KeyId', 'KeyMaterialId', 'KeyOrigin', 'Plaintext'],
    ask: async ({ call, newKey, encrypt }) =>
      call('Decrypt', { CiphertextBlob: await encrypt(await newKey()) }),
  },
  {
    situation: 'Decrypt with the right encryption context',
    strength: 'recorded-parsed',
    status: 200,
    members: ['EncryptionAlgorithm', 'KeyId', 'KeyMaterialId', 'KeyOrigin', 'Plaintext'],
    ask: async ({ call, newKey, encrypt }) => {
      const blob = await encrypt(await newKey(), { a: 'b' })
      return call('Decrypt', { CiphertextBlob: blob, EncryptionContext: { a: 'b' } })
    },
  },
  {
    situation: 'GenerateDataKey',
    strength: 'quoted',
    status: 200,
    members: ['CiphertextBlob', 'KeyId', 'KeyMaterialId', 'Plaintext'],
    ask: async ({ call, newKey }) => call('GenerateDataKey', { KeyId: await newKey(), NumberOfBytes: 32 }),
  },
  {
    situation: 'GenerateDataKeyWithoutPlaintext',
    strength: 'recorded-parsed',
    status: 200,
    members: ['CiphertextBlob', 'KeyId', 'KeyMaterialId'],
    ask: async ({ call, newKey }) =>
      call('GenerateDataKeyWithoutPlaintext', { KeyId: await newKey(), KeySpec: 'AES_256' }),
  },
  {
    situation: 'ReEncrypt from one symmetric key to another',
    strength: 'recorded-parsed',
    status: 200,
    members: [
      'CiphertextBlob',
      'DestinationEncryptionAlgorithm',
      'DestinationKeyMaterialId',
      'KeyId',
      'SourceEncryptionAlgorithm',
      'SourceKeyId',
      'SourceKeyMaterialId',
    ],
    ask: async ({ call, newKey, encrypt }) =>
      call('ReEncrypt', { CiphertextBlob: await encrypt(await newKey()), DestinationKeyId: await newKey() }),
  },
  garbled(
    'tampered ciphertext: byte 0 changed',
    'recorded',
    altered((bytes) => Buffer.concat([Buffer.of(2), bytes.subarray(1)])),
  ),
  garbled(
    'tampered ciphertext: byte 1 removed',
    'recorded',
    altered((bytes) => Buffer.concat([bytes.subarray(0, 1), bytes.subarray(2)])),
  ),
  garbled(
    'tampered ciphertext: last byte removed, the one before it changed',
    'recorded',
    altered((bytes) => {
      const shorter = bytes.subarray(0, -1)
      shorter.writeUInt8((shorter.at(-1) ?? 0) ^ 1, shorter.length - 1)
      return shorter
    }),
  ),
  garbled(
    'tampered ciphertext: arbitrary bytes',
    'recorded',
    altered(() => Buffer.from('malformed cipher message')),
  ),
  garbled(
    'ciphertext with 8 bytes appended',
    'recorded-parsed',
    altered((bytes) => Buffer.concat([bytes, Buffer.alloc(8)])),
  ),
  garbled('Decrypt without the encryption context', 'recorded-parsed', async ({ call, newKey, encrypt }) =>
    call('Decrypt', { CiphertextBlob: await encrypt(await newKey(), { a: 'b' }) }),
  ),
  garbled(
    'GenerateDataKey with a context, then Decrypt without it',
    'recorded-parsed',
    async ({ call, newKey }) => {
      const request = { KeyId: await newKey(), NumberOfBytes: 32, EncryptionContext: { a: 'b' } }
      const { body } = await call('GenerateDataKey', request)
      return call('Decrypt', { CiphertextBlob: body['CiphertextBlob'] })
    },
  ),
  refused(
    'Decrypt naming another key',
    'recorded-parsed',
    'IncorrectKeyException',
    incorrect,
    async ({ call, newKey, encrypt }) => {
      const other = await newKey({ KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' })
      return call('Decrypt', { CiphertextBlob: await encrypt(await newKey()), KeyId: other })
    },
  ),
  refused(
    'ReEncrypt naming another source key',
    'recorded-parsed',
    'IncorrectKeyException',
    incorrect,
    async ({ call, newKey, encrypt }) => {
      const other = await newKey({ KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' })
      const blob = await encrypt(await newKey())
      return call('ReEncrypt', { CiphertextBlob: blob, SourceKeyId: other, DestinationKeyId: await newKey() })
    },
  ),
  refused(
    'disabled key',
    'recorded-parsed',
    'DisabledException',
    'KEY is disabled.',
    async ({ call, newKey }) => {
      const key = await newKey()
      await call('DisableKey', { KeyId: key })
      return call('RotateKeyOnDemand', { KeyId: key })
    },
  ),
  refused(
    'GenerateDataKey under a disabled key',
    'recorded-parsed',
    'DisabledException',
    'KEY is disabled.',
    async ({ call, newKey }) => {
      const key = await newKey()
      await call('DisableKey', { KeyId: key })
      return call('GenerateDataKey', { KeyId: key, NumberOfBytes: 32 })
    },
  ),
  refused(
    'GenerateDataKey under a key pending deletion',
    'recorded-parsed',
    'KMSInvalidStateException',
    'KEY is pending deletion.',
    async ({ call, newKey }) => {
      const key = await newKey()
      await call('ScheduleKeyDeletion', { KeyId: key, PendingWindowInDays: 7 })
      return call('GenerateDataKey', { KeyId: key, NumberOfBytes: 32 })
    },
  ),
  refused(
    'Encrypt under a key pending import',
    'recorded-parsed',
    'KMSInvalidStateException',
    'KEY is pending import.',
    async ({ call, newKey }) =>
      call('Encrypt', { KeyId: await newKey({ Origin: 'EXTERNAL' }), Plaintext: plaintext }),
  ),
  refused(
    'unknown key id, a UUID',
    'recorded-parsed',
    'NotFoundException',
    "Key 'KEY' does not exist",
    async ({ call }) => call('DescribeKey', { KeyId: '00000000-0000-0000-0000-000000000001' }),
  ),
  refused(
    'unknown key id, not a UUID',
    'recorded-parsed',
    'NotFoundException',
    "Invalid keyId 'fake-key-id'",
    async ({ call }) => call('DescribeKey', { KeyId: 'fake-key-id' }),
  ),
  refused(
    'key of another Region by id',
    'recorded-parsed',
    'NotFoundException',
    "Key 'KEY' does not exist",
    async ({ call, newKey }) => call('DescribeKey', { KeyId: (await newKey()).split('/')[1] }, 'us-west-2'),
  ),
  refused(
    'key of another Region by ARN',
    'recorded-parsed',
    'NotFoundException',
    'Invalid arn REGION',
    async ({ call, newKey }) => call('DescribeKey', { KeyId: await newKey() }, 'us-west-2'),
  ),
  refused(
    'unknown alias',
    'recorded-parsed',
    'NotFoundException',
    'Alias ALIAS is not found.',
    async ({ call }) => call('DescribeKey', { KeyId: 'alias/eks_invalid_key' }),
  ),
  refused(
    'Encrypt with a key of another usage',
    'recorded-parsed',
    'InvalidKeyUsageException',
    'KEY key usage is SIGN_VERIFY which is not valid for Encrypt.',
    async ({ call, newKey }) =>
      call('Encrypt', {
        KeyId: await newKey({ KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' }),
        Plaintext: plaintext,
      }),
  ),
  refused(
    'Encrypt of more than 4,096 bytes',
    'recorded-parsed',
    'ValidationException',
    "1 validation error detected: Value at 'plaintext' failed to satisfy constraint: Member must have length less than or equal to 4096",
    async ({ call, newKey }) =>
      call('Encrypt', { KeyId: await newKey(), Plaintext: Buffer.alloc(4097).toString('base64') }),
  ),
  refused(
    'DryRun',
    'recorded-parsed',
    'DryRunOperationException',
    'The request would have succeeded, but the DryRun option is set.',
    async ({ call, newKey }) =>
      call('GenerateDataKey', { KeyId: await newKey(), NumberOfBytes: 32, DryRun: true }),
  ),
  refused(
    'alias without the prefix alias/',
    'recorded-parsed',
    'ValidationException',
    'Alias must start with the prefix "alias/". Please see https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html',
    async ({ call, newKey }) => call('CreateAlias', { AliasName: 'no-prefix', TargetKeyId: await newKey() }),
  ),
  refused(
    'limit of rotations on demand',
    'recorded-parsed',
    'LimitExceededException',
    'The on-demand rotations limit has been reached for the given keyId. No more on-demand rotations can be performed for this key: KEY',
    async ({ call, newKey }) => {
      const key = await newKey()
      let answer = await call('RotateKeyOnDemand', { KeyId: key })
      while (answer.status === 200) answer = await call('RotateKeyOnDemand', { KeyId: key })
      return answer
    },
  ),
  {
    situation: 'no permission, denied by a key policy',
    strength: 'quoted',
    status: 400,
    members: ['__type', 'Message'],
    code: 'AccessDeniedException',
    message:
      'User: USER is not authorized to perform: kms:Decrypt on resource: KEY with an explicit deny in a resource-based policy',
    ask: async ({ call, newKey, encrypt }) => {
      const key = await newKey()
      const blob = await encrypt(key)
      const all = { Effect: 'Allow', Principal: '*', Action: 'kms:*' }
      const Policy = JSON.stringify({ Statement: [all, { ...all, Effect: 'Deny', Action: 'kms:Decrypt' }] })
      await call('PutKeyPolicy', { KeyId: key, Policy })
      return call('Decrypt', { CiphertextBlob: blob })
    },
  },
  {
    situation: 'no permission, for no key policy gives it',
    strength: 'recorded-parsed',
    status: 400,
    members: ['__type', 'Message'],
    code: 'AccessDeniedException',
    message:
      'User: USER is not authorized to perform: kms:ListKeyRotations on resource: KEY because no resource-based policy allows the kms:ListKeyRotations action',
    ask: async ({ call, newKey }) => {
      const Policy = JSON.stringify({
        Statement: { Effect: 'Allow', Principal: '*', Action: 'kms:DescribeKey' },
      })
      return call('ListKeyRotations', { KeyId: await newKey({ Policy }) })
    },
  },
  {
    situation: 'Decrypt where the key of the ciphertext is gone',
    strength: 'quoted',
    status: 400,
    members: ['__type', 'Message'],
    code: 'AccessDeniedException',
    message:
      'The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.',
    ask: async ({ call, newKey, encrypt }) =>
      call('Decrypt', { CiphertextBlob: await encrypt(await newKey()) }, 'us-west-2'),
  },
  refused(
    'throttled',
    'quoted',
    'ThrottlingException',
    'You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls.',
    async ({ call, emulator }) => {
      emulator.faults.add({ fault: { kind: 'throttle' }, times: 1 })
      return call('GenerateRandom', { NumberOfBytes: 8 })
    },
  ),
]

/** What was recorded and stands in no row above. */
export const differences: readonly Difference[] = [
  {
    situation: 'Encrypt of 21 bytes under RSA, too much under RSA_2048',
    reason: 'no asymmetric encryption here: the project wraps by symmetric keys alone',
  },
  {
    situation: 'Decrypt as answered in 2024, GenerateDataKey and ReEncrypt as answered up to June 2025',
    reason: 'the service names key materials since',
  },
  { situation: 'no permission, in the words of 2021', reason: 'the service gives its reason since' },
  {
    situation: 'GetKeyRotationStatus of an imported key',
    reason: 'no automatic rotation here; ListKeyRotations refuses such a key in the same words',
  },
  { situation: 'disabled and deleted keys as S3 reports them', reason: 'no S3 here' },
  {
    situation: 'ciphertexts that begin 01 02 01 00 78',
    reason: 'both beginnings are in use; what follows is laid out alike',
  },
]
