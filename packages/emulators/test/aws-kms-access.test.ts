import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { awsKmsEmulator, type PolicyDocument } from '../src/index.ts'
import { callKms, type WireAnswer, type WireOptions } from './aws-kms-wire.ts'

const emulator = await awsKmsEmulator()
afterAll(() => emulator.close())

const owner = (operation: string, members: object, region?: string): Promise<WireAnswer> =>
  callKms(operation, { ...members }, { ...emulator, ...(region === undefined ? {} : { region }) })

async function newKey(members: object = {}): Promise<string> {
  const { body } = await owner('CreateKey', members)
  return (body['KeyMetadata'] as { Arn: string }).Arn
}

let principals = 0

/** A caller with these rights, as a function that gives the code of what it is answered, or `ok`. */
function caller(policy?: PolicyDocument): (operation: string, members: object) => Promise<string> {
  const accessKeyId = `PRINCIPAL${++principals}`
  const environment = emulator.addPrincipal({ accessKeyId, secretAccessKey: 'secret', policy })
  return async (operation, members) => {
    const { body, status } = await callKms(
      operation,
      { ...members },
      { url: emulator.url, environment, region: 'eu-west-1' },
    )
    return status === 200 ? 'ok' : String(body['__type'])
  }
}

const Plaintext = Buffer.from('x').toString('base64')
const denied = 'AccessDeniedException'

async function codeOf(options: Partial<WireOptions>): Promise<unknown> {
  const { body, status } = await callKms('ListKeys', {}, { ...emulator, ...options })
  return status === 200 ? 'ok' : body['__type']
}

test.each<[string, string, Partial<WireOptions>]>([
  ['a good signature', 'ok', {}],
  ['an unknown access key', 'UnrecognizedClientException', { environment: { AWS_ACCESS_KEY_ID: 'NOBODY' } }],
  [
    'another secret',
    'InvalidSignatureException',
    { environment: { ...emulator.environment, AWS_SECRET_ACCESS_KEY: 'wrong' } },
  ],
  ['a clock ten minutes behind', 'InvalidSignatureException', { at: new Date(Date.now() - 600_000) }],
  ['a clock ten minutes ahead', 'InvalidSignatureException', { at: new Date(Date.now() + 600_000) }],
  [
    'a session token where there is none',
    'UnrecognizedClientException',
    { environment: { ...emulator.environment, AWS_SESSION_TOKEN: 't' } },
  ],
  [
    'no signature',
    'MissingAuthenticationTokenException',
    { alter: (headers) => delete headers['authorization'] },
  ],
  [
    'another operation than the one signed',
    'InvalidSignatureException',
    { alter: (headers) => Object.assign(headers, { 'x-amz-target': 'TrentService.CreateKey' }) },
  ],
])('credentials: %s is answered %s', async (_, code, options) => {
  expect(await codeOf(options)).toBe(code)
})

test('credentials: temporary ones work until they end, and only with their token', async () => {
  const temporary = { accessKeyId: 'TEMPORARY', secretAccessKey: 's', sessionToken: 'token' }
  const environment = emulator.addPrincipal({ ...temporary, expiresAt: new Date(Date.now() + 60_000) })
  expect(await codeOf({ environment })).toBe('ok')
  const { AWS_SESSION_TOKEN: _, ...withoutToken } = environment
  expect(await codeOf({ environment: withoutToken })).toBe('UnrecognizedClientException')
  emulator.addPrincipal({ ...temporary, expiresAt: new Date(Date.now() - 1) })
  expect(await codeOf({ environment })).toBe('ExpiredTokenException')
})

test('an unknown operation is refused by its name', async () => {
  expect((await owner('EnableKeyRotation', { KeyId: await newKey() })).body['__type']).toBe(
    'UnknownOperationException',
  )
})

test('a policy allows its actions on its keys and nothing else', async () => {
  const [mine, other] = [await newKey(), await newKey()]
  const call = caller({
    Statement: [{ Effect: 'Allow', Action: ['kms:Encrypt', 'kms:Generate*'], Resource: mine }],
  })
  expect(await call('Encrypt', { KeyId: mine, Plaintext })).toBe('ok')
  expect(await call('GenerateDataKey', { KeyId: mine, NumberOfBytes: 32 })).toBe('ok')
  expect(await call('Encrypt', { KeyId: other, Plaintext })).toBe(denied)
  expect(await call('DescribeKey', { KeyId: mine })).toBe(denied)
})

test.each<[string, Record<string, Record<string, string | string[]>>, Record<string, string>, string]>([
  [
    'a value that is asked for',
    { StringEquals: { 'kms:EncryptionContext:tenant': 'a' } },
    { tenant: 'a' },
    'ok',
  ],
  ['another value', { StringEquals: { 'kms:EncryptionContext:tenant': 'a' } }, { tenant: 'b' }, denied],
  ['no such pair', { StringEquals: { 'kms:EncryptionContext:tenant': 'a' } }, {}, denied],
  [
    'one of several values',
    { StringEquals: { 'kms:EncryptionContext:tenant': ['a', 'b'] } },
    { tenant: 'b' },
    'ok',
  ],
  ['a pattern', { StringLike: { 'kms:EncryptionContext:tenant': 'a-*' } }, { tenant: 'a-1' }, 'ok'],
  [
    'a name in other letters, as IAM compares',
    { StringEquals: { 'kms:EncryptionContext:Tenant': 'a' } },
    { tenant: 'a' },
    'ok',
  ],
  [
    'a colon in the name',
    { StringEquals: { 'kms:EncryptionContext:keywright:v1': 'dek' } },
    { 'keywright:v1': 'dek' },
    'ok',
  ],
  [
    'names that are all allowed',
    { 'ForAllValues:StringEquals': { 'kms:EncryptionContextKeys': ['a', 'b'] } },
    { a: '1' },
    'ok',
  ],
  [
    'a name beside those allowed',
    { 'ForAllValues:StringEquals': { 'kms:EncryptionContextKeys': ['a'] } },
    { a: '1', c: '' },
    denied,
  ],
  [
    'no names at all, which are all allowed',
    { 'ForAllValues:StringEquals': { 'kms:EncryptionContextKeys': ['a'] } },
    {},
    'ok',
  ],
  [
    'one name that is asked for',
    { 'ForAnyValue:StringEquals': { 'kms:EncryptionContextKeys': ['a'] } },
    { a: '1', c: '' },
    'ok',
  ],
  [
    'none of the names asked for',
    { 'ForAnyValue:StringEquals': { 'kms:EncryptionContextKeys': ['a'] } },
    { c: '' },
    denied,
  ],
  ['a pair that has to be there', { Null: { 'kms:EncryptionContext:a': 'false' } }, {}, denied],
  ['a pair that must not be there', { Null: { 'kms:EncryptionContext:a': 'true' } }, { a: '' }, denied],
  [
    'a value that must be another',
    { StringNotEquals: { 'kms:EncryptionContext:a': 'x' } },
    { a: 'x' },
    denied,
  ],
  ['a value, if there is one', { StringEqualsIfExists: { 'kms:EncryptionContext:a': 'x' } }, {}, 'ok'],
  [
    'two conditions, one of which fails',
    { StringEquals: { 'kms:EncryptionContext:a': 'x', 'kms:KeySpec': 'RSA' } },
    { a: 'x' },
    denied,
  ],
])('a condition on the encryption context: %s', async (_, Condition, EncryptionContext, expected) => {
  const call = caller({ Statement: { Effect: 'Allow', Action: 'kms:Encrypt', Resource: '*', Condition } })
  expect(await call('Encrypt', { KeyId: await newKey(), Plaintext, EncryptionContext })).toBe(expected)
})

test('ReEncrypt takes a right on either key, each under its own context', async () => {
  const [from, to] = [await newKey(), await newKey()]
  const { body } = await owner('Encrypt', { KeyId: from, Plaintext, EncryptionContext: { a: '1' } })
  const request = {
    CiphertextBlob: body['CiphertextBlob'],
    SourceEncryptionContext: { a: '1' },
    DestinationKeyId: to,
    DestinationEncryptionContext: { a: '2' },
  }
  const right = (Action: string, Resource: string, value: string): PolicyDocument['Statement'] => [
    { Effect: 'Allow', Action, Resource, Condition: { StringEquals: { 'kms:EncryptionContext:a': value } } },
  ]
  const read = right('kms:ReEncryptFrom', from, '1')
  const write = right('kms:ReEncryptTo', to, '2')
  const both = [read, write].flat() as PolicyDocument['Statement']
  expect(await caller({ Statement: both })('ReEncrypt', request)).toBe('ok')
  expect(await caller({ Statement: read })('ReEncrypt', request)).toBe(denied)
  expect(await caller({ Statement: write })('ReEncrypt', request)).toBe(denied)
})

test('a policy that this emulator cannot weigh is refused, not passed over', async () => {
  const Statement = [
    { Effect: 'Allow', Principal: '*', Action: 'kms:*', Condition: { IpAddress: { 'aws:SourceIp': '::1' } } },
  ]
  const { body } = await owner('PutKeyPolicy', {
    KeyId: await newKey(),
    Policy: JSON.stringify({ Statement }),
  })
  expect(body['__type']).toBe('MalformedPolicyDocumentException')
})

test('a grant gives its operations to its grantee, under its constraint, until it is revoked', async () => {
  const KeyId = await newKey()
  const call = caller({ Statement: [] })
  const GranteePrincipal = `arn:aws:iam::111122223333:user/PRINCIPAL${principals}`
  const encrypt = (EncryptionContext: object): Promise<string> =>
    call('Encrypt', { KeyId, Plaintext, EncryptionContext })
  expect(await encrypt({ a: '1' })).toBe(denied)
  const Constraints = { EncryptionContextSubset: { a: '1' } }
  const { body } = await owner('CreateGrant', {
    KeyId,
    GranteePrincipal,
    Operations: ['Encrypt'],
    Constraints,
  })
  expect(await encrypt({ a: '1', b: '2' })).toBe('ok')
  expect(await encrypt({ a: '2' })).toBe(denied)
  expect(await call('DescribeKey', { KeyId })).toBe(denied)
  const listed = (await owner('ListGrants', { KeyId })).body['Grants']
  expect(listed).toMatchObject([{ GranteePrincipal, Constraints, Operations: ['Encrypt'] }])
  expect((await owner('RevokeGrant', { KeyId, GrantId: body['GrantId'] })).status).toBe(200)
  expect(await encrypt({ a: '1' })).toBe(denied)
})

test('a grant whose context must be equal takes no further pair', async () => {
  const KeyId = await newKey()
  const call = caller({ Statement: [] })
  const GranteePrincipal = `arn:aws:iam::111122223333:user/PRINCIPAL${principals}`
  const Constraints = { EncryptionContextEquals: { a: '1' } }
  await owner('CreateGrant', { KeyId, GranteePrincipal, Operations: ['Encrypt'], Constraints })
  expect(await call('Encrypt', { KeyId, Plaintext, EncryptionContext: { a: '1' } })).toBe('ok')
  expect(await call('Encrypt', { KeyId, Plaintext, EncryptionContext: { a: '1', b: '2' } })).toBe(denied)
})

test('replicas of a multi-Region key decrypt each other and rotate together; other keys stay in their Region', async () => {
  const { body } = await owner('CreateKey', { MultiRegion: true })
  const { Arn, KeyId } = body['KeyMetadata'] as { Arn: string; KeyId: string }
  expect(KeyId).toMatch(/^mrk-/)
  const replica = await owner('ReplicateKey', { KeyId, ReplicaRegion: 'us-east-1' })
  expect(replica.body['ReplicaKeyMetadata']).toMatchObject({
    MultiRegionConfiguration: { MultiRegionKeyType: 'REPLICA' },
  })
  await owner('RotateKeyOnDemand', { KeyId })
  const sealed = await owner('Encrypt', { KeyId, Plaintext })
  const opened = await owner('Decrypt', { CiphertextBlob: sealed.body['CiphertextBlob'], KeyId }, 'us-east-1')
  expect(opened.body).toMatchObject({ KeyId: Arn.replace('eu-west-1', 'us-east-1'), Plaintext })
})

test('with a folder the keys, aliases and grants outlive the process', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'aws-kms-emulator-'))
  try {
    const first = await awsKmsEmulator({ folder })
    const key = (await callKms('CreateKey', {}, first)).body['KeyMetadata'] as { Arn: string }
    await callKms('CreateAlias', { AliasName: 'alias/kept', TargetKeyId: key.Arn }, first)
    const { body } = await callKms('Encrypt', { KeyId: 'alias/kept', Plaintext }, first)
    await first.close()
    const second = await awsKmsEmulator({ folder })
    const { CiphertextBlob } = body
    expect(
      (await callKms('Decrypt', { CiphertextBlob, KeyId: 'alias/kept' }, second)).body['Plaintext'],
    ).toBe(Plaintext)
    await second.close()
  } finally {
    await rm(folder, { recursive: true })
  }
})
