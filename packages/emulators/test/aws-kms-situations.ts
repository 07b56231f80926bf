import { refusals } from './aws-kms-refusals.ts'
import { altered, garbled, plaintext, type Situation } from './aws-kms-situation.ts'

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
  {
    situation: 'DescribeKey',
    strength: 'recorded-parsed',
    status: 200,
    members: ['KeyMetadata'],
    ask: async ({ call, newKey }) => call('DescribeKey', { KeyId: await newKey() }),
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
    'Decrypt under another encryption context',
    'recorded-parsed',
    async ({ call, newKey, encrypt }) => {
      const blob = await encrypt(await newKey(), { a: 'b' })
      return call('Decrypt', { CiphertextBlob: blob, EncryptionContext: { a: 'B' } })
    },
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
  ...refusals,
]
