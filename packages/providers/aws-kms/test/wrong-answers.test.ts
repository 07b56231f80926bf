import { expect, test } from 'vitest'
import { type AwsKmsClient, awsKms } from '../src/index.ts'
import { codeOf, context } from './running-kms.ts'

const key = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab'
const otherKey = key.replace('1234abcd', '5678efab')
const material = 'a'.repeat(64)
const bytes = (): Uint8Array => new Uint8Array(32).fill(7)
const slot = { wrapped: bytes(), reference: key, keyVersion: material, algorithm: 'aws-kms.map', context }

/** A KEK over a client that gives one answer, whatever it is asked. */
function answered(answer: object): ReturnType<typeof awsKms> {
  const client: AwsKmsClient = { send: async () => answer }
  return awsKms({ key, client, resilience: false })
}

const calls = {
  Decrypt: (kek: ReturnType<typeof awsKms>) => kek.unwrapKey(slot),
  GenerateDataKey: (kek: ReturnType<typeof awsKms>) => kek.generateDataKey({ context }),
} as const

test.each([
  ['Decrypt', 'another key', { KeyId: otherKey }, 'key-mismatch'],
  ['Decrypt', 'no material', { KeyMaterialId: undefined }, 'invalid-response'],
  ['Decrypt', 'a material of another form', { KeyMaterialId: 'A'.repeat(64) }, 'invalid-response'],
  ['Decrypt', 'another material than the slot', { KeyMaterialId: 'b'.repeat(64) }, 'key-mismatch'],
  ['GenerateDataKey', 'another key', { KeyId: otherKey }, 'key-mismatch'],
  ['GenerateDataKey', 'no material', { KeyMaterialId: undefined }, 'invalid-response'],
  ['GenerateDataKey', 'a material of another form', { KeyMaterialId: 'v1' }, 'invalid-response'],
  ['GenerateDataKey', 'no wrapped key', { CiphertextBlob: undefined }, 'invalid-response'],
] as const)(
  'the data key of an answer to %s that names %s is refused, and zeros then',
  async (operation, _, change, code) => {
    const Plaintext = bytes()
    const answer = { Plaintext, KeyId: key, KeyMaterialId: material, CiphertextBlob: bytes(), ...change }
    expect(await codeOf(calls[operation](answered(answer)))).toBe(code)
    expect(Plaintext).toEqual(new Uint8Array(32))
  },
)

test.each([
  ['another key as its source', 'key-mismatch', { SourceKeyId: otherKey }],
  ['another key as its target', 'key-mismatch', { KeyId: otherKey }],
  ['no source', 'invalid-response', { SourceKeyId: undefined }],
  ['no target', 'invalid-response', { KeyId: undefined }],
  ['no material of its source', 'invalid-response', { SourceKeyMaterialId: undefined }],
  ['no material of its target', 'invalid-response', { DestinationKeyMaterialId: undefined }],
  ['a material of another form of its target', 'invalid-response', { DestinationKeyMaterialId: 'v1' }],
  ['another material of its source', 'key-mismatch', { SourceKeyMaterialId: 'b'.repeat(64) }],
  ['what was asked', 'ok', {}],
] as const)(
  'the answer to ReEncrypt has to name both keys as they were asked: %s is %s',
  async (_, code, change) => {
    const target = 'arn:aws:kms:eu-west-1:111122223333:key/0000abcd-12ab-34cd-56ef-1234567890ab'
    const answer = {
      CiphertextBlob: bytes(),
      KeyId: target,
      SourceKeyId: key,
      SourceKeyMaterialId: material,
      DestinationKeyMaterialId: material,
      ...change,
    }
    const client: AwsKmsClient = { send: async () => answer }
    const kek = awsKms({ key: target, client, resilience: false })
    expect(await codeOf(kek.rewrapKey(slot))).toBe(code)
  },
)

test('a key of a key store tells no material, neither as the source of a ReEncrypt nor as its target', async () => {
  const described = {
    KeyMetadata: { Arn: otherKey, KeySpec: 'SYMMETRIC_DEFAULT', KeyUsage: 'ENCRYPT_DECRYPT' },
  }
  const answer = { CiphertextBlob: bytes(), KeyId: otherKey, SourceKeyId: key }
  const client: AwsKmsClient = {
    send: async (command) => (command.constructor.name === 'DescribeKeyCommand' ? described : answer),
  }
  const kek = awsKms({ key: otherKey, describeOnConnect: true, client, resilience: false })
  // Its slots have no version, for none was told of them.
  expect((await kek.rewrapKey({ ...slot, keyVersion: '' })).keyVersion).toBeUndefined()
})
