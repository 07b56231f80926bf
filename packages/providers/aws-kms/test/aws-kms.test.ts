import {
  KMSClient,
  ReplicateKeyCommand,
  RotateKeyOnDemandCommand,
  UpdateAliasCommand,
} from '@aws-sdk/client-kms'
import { keyring, open, rewrap, seal } from '@keywright/core'
import { decodeHeader } from '@keywright/core/engine'
import { awsKmsEmulator } from '@keywright/emulators'
import { expect, onTestFinished, test, vi } from 'vitest'
import { awsKms } from '../src/index.ts'
import { codeOf, context, dataKey, otherContext, runningKms, slotOf } from './running-kms.ts'

const tenant = { context: { tenant: 'a' } }

test('an ARN connects without a call; an alias and a key id are looked up once', async () => {
  const { newKey, kek, calls } = await runningKms()
  const arn = await newKey({}, 'alias/orders')
  calls.clear()
  expect((await kek({ key: arn }).connect()).reference).toBe(arn)
  expect(calls.count()).toBe(0)
  for (const key of ['alias/orders', arn.split('/')[1] ?? '', arn.replace(/key\/.*/, 'alias/orders')]) {
    const named = kek({ key })
    const slot = await slotOf(named)
    await named.unwrapKey({ ...slot, context })
    expect(slot.reference).toBe(arn)
  }
  expect([calls.count('DescribeKey'), calls.count('Encrypt')]).toEqual([3, 3])
})

test('the KeyId is pinned on Decrypt: a ciphertext of another key that the caller may use is refused', async () => {
  const { newKey, kek } = await runningKms()
  const [mine, other] = [kek({ key: await newKey() }), kek({ key: await newKey() })]
  const { reference } = await mine.connect()
  const foreign = await slotOf(other)
  expect(await codeOf(mine.unwrapKey({ ...foreign, reference, context }))).toBe('unwrap-failed')
})

test("an alias that is pointed elsewhere breaks no old record: a former key's ARN still unwraps and wraps nothing", async () => {
  const { newKey, kek, admin } = await runningKms()
  const old = await newKey({}, 'alias/orders')
  const sealed = await seal('x', { keys: keyring({ seal: [kek({ key: 'alias/orders' })] }), ...tenant })
  const connected = kek({ key: 'alias/orders' })
  await connected.connect()
  const next = await newKey()
  await admin.send(new UpdateAliasCommand({ AliasName: 'alias/orders', TargetKeyId: next }))
  const opens = (key: ReturnType<typeof kek>): Promise<string> =>
    codeOf(open(sealed, { keys: keyring({ open: [key] }), ...tenant }))
  expect(await opens(connected)).toBe('ok')
  expect(await opens(kek({ key: 'alias/orders' }))).toBe('no-matching-key')
  const both = kek({ key: 'alias/orders', formerKeys: [old] })
  expect(await opens(both)).toBe('ok')
  expect((await slotOf(both)).reference).toBe(next)
  const { receipt } = await rewrap(sealed, { from: both, to: kek({ key: next }) })
  expect(receipt.outcome).toBe('verified')
})

test('a former key is pinned by its own ARN: the answer for the current key is none for it', async () => {
  const { newKey, kek } = await runningKms()
  const [old, next] = [await newKey(), await newKey()]
  const both = kek({ key: next, formerKeys: [old] })
  const ofNext = await slotOf(kek({ key: next }))
  expect(await codeOf(both.unwrapKey({ ...ofNext, reference: old, context }))).toBe('unwrap-failed')
})

test('a multi-Region key opens by the replica of the Region that is called', async () => {
  const { newKey, kek, client, calls, admin } = await runningKms()
  const primary = await newKey({ MultiRegion: true })
  await admin.send(new ReplicateKeyCommand({ KeyId: primary, ReplicaRegion: 'us-east-1' }))
  const slot = await slotOf(kek({ key: primary }))
  const replica = primary.replace('eu-west-1', 'us-east-1')
  for (const key of [primary, replica]) {
    const local = kek({ key, region: 'us-east-1', client: client(undefined, 'us-east-1') })
    const opened = await local.unwrapKey({ ...slot, context })
    expect([opened.answeredKey, opened.dataKey]).toEqual([replica, dataKey])
    expect(await local.owns(primary)).toBe(true)
  }
  expect(calls.latest.at(-1)).toMatchObject({ operation: 'Decrypt', key: replica })
})

test('a key of one Region alone is nobody else: another Region, or the same id there, is refused', async () => {
  const { newKey, kek, client } = await runningKms()
  const key = await newKey()
  const elsewhere = key.replace('eu-west-1', 'us-east-1')
  expect(await kek({ key }).owns(elsewhere)).toBe(false)
  expect(await codeOf(kek({ key, region: 'us-east-1' }).connect())).toBe('configuration')
  expect(await codeOf(kek({ key, client: client(undefined, 'us-east-1') }).connect())).toBe('configuration')
})

test('GenerateDataKey tells the version, Encrypt does not, and Decrypt checks what a slot tells', async () => {
  const { newKey, kek, admin } = await runningKms()
  const key = await newKey()
  const mine = kek({ key })
  const { keyVersion: first = '', ...generated } = await mine.generateDataKey({ context })
  expect(first).toMatch(/^[0-9a-f]{64}$/)
  expect((await mine.wrapKey({ dataKey, context })).keyVersion).toBeUndefined()
  await admin.send(new RotateKeyOnDemandCommand({ KeyId: key }))
  const { keyVersion: second = '' } = await mine.generateDataKey({ context })
  expect(second).not.toBe(first)
  const slot = { wrapped: generated.wrapped, reference: key, algorithm: generated.algorithm, context }
  expect((await mine.unwrapKey({ ...slot, keyVersion: first })).keyVersion).toBe(first)
  expect(await codeOf(mine.unwrapKey({ ...slot, keyVersion: second }))).toBe('key-mismatch')
  expect(await codeOf(mine.unwrapKey({ ...slot, keyVersion: 'v1' }))).toBe('invalid-argument')
})

test('several KEKs hold one DEK: the first draws it, the others encrypt it, and a rewrap finds out their versions', async () => {
  const { newKey, kek, calls } = await runningKms()
  const [one, two, three] = [
    kek({ key: await newKey() }),
    kek({ key: await newKey() }),
    kek({ key: await newKey() }),
  ]
  calls.clear()
  const sealed = await seal('x', { keys: keyring({ seal: [one, two] }), ...tenant })
  expect(calls.operations()).toEqual(['Encrypt', 'GenerateDataKey'])
  const { envelope = new Uint8Array(0) } = await rewrap(sealed, { from: [one, two], to: three })
  const [slot] = decodeHeader(envelope).header.keyTable.groups[0]?.slots ?? []
  expect((await three.describeKey()).currentVersion).toBe(slot?.keyVersion)
})

test('ReEncrypt moves a key inside KMS, to another key or to new material of the same, and no data key leaves it', async () => {
  const { newKey, kek, admin, calls } = await runningKms()
  const key = await newKey()
  const [mine, other] = [kek({ key }), kek({ key: await newKey() })]
  const sealed = await seal('x', { keys: keyring({ seal: [mine] }), ...tenant })
  await admin.send(new RotateKeyOnDemandCommand({ KeyId: key }))
  calls.clear()
  for (const to of [other, mine]) {
    const { envelope = new Uint8Array(0), receipt } = await rewrap(sealed, { from: mine, to, wrapOnly: true })
    expect(receipt.outcome).toBe('pending')
    const added = decodeHeader(envelope).header.keyTable.groups[0]?.slots.at(-1)
    expect(added?.keyVersion).toBe((await to.describeKey()).currentVersion)
    expect(await codeOf(open(envelope, { keys: keyring({ open: [to] }), ...tenant }))).toBe('ok')
  }
  expect([calls.count('ReEncrypt'), calls.count('Encrypt')]).toEqual([2, 0])
})

test('a slot at the current key material is left alone, one at an older is moved', async () => {
  const { newKey, kek, admin } = await runningKms()
  const key = await newKey()
  const mine = kek({ key })
  const sealed = await seal('x', { keys: keyring({ seal: [mine] }), ...tenant })
  expect((await rewrap(sealed, { from: mine, to: mine })).receipt.outcome).toBe('unchanged')
  await admin.send(new RotateKeyOnDemandCommand({ KeyId: key }))
  const moved = await rewrap(sealed, { from: mine, to: mine })
  expect(moved.receipt.outcome).toBe('verified')
  const again = await rewrap(moved.envelope ?? moved.header, { from: mine, to: mine })
  expect(again.receipt.outcome).toBe('unchanged')
})

test('a source in another Region is unsupported for ReEncrypt, so that core falls back', async () => {
  const { newKey, kek } = await runningKms()
  const slot = await slotOf(kek({ key: await newKey() }))
  const target = kek({ key: await newKey() })
  const reference = slot.reference.replace('eu-west-1', 'us-east-1')
  expect(await codeOf(target.rewrapKey({ ...slot, reference, context }))).toBe('unsupported')
})

test('a ReEncrypt checks the key and the version of its source, and the context', async () => {
  const { newKey, kek } = await runningKms()
  const [from, to] = [kek({ key: await newKey() }), kek({ key: await newKey() })]
  const slot = await slotOf(from)
  const { reference } = await to.connect()
  const moved = (change: object): Promise<string> => codeOf(to.rewrapKey({ ...slot, context, ...change }))
  expect(await moved({})).toBe('ok')
  expect(await moved({ reference })).toBe('unwrap-failed')
  expect(await moved({ context: otherContext })).toBe('unwrap-failed')
  expect(await moved({ keyVersion: 'f'.repeat(64) })).toBe('key-mismatch')
})

test('a key store that draws no data keys is asked once; then keys are drawn here and encrypted there', async () => {
  const { newKey, kek, calls } = await runningKms()
  const request = { Origin: 'AWS_CLOUDHSM', CustomKeyStoreId: 'cks-1234567890' } as const
  const key = await newKey(request)
  const mine = kek({ key, describeOnConnect: true })
  calls.clear()
  const keys = keyring({ seal: [mine] })
  for (let round = 0; round < 2; round++) {
    const sealed = await seal('x', { keys, ...tenant })
    expect(await codeOf(open(sealed, { keys, ...tenant }))).toBe('ok')
  }
  expect([calls.count('GenerateDataKey'), calls.count('Encrypt')]).toEqual([1, 2])
})

test('a key whose answers name no material is described on connection, or refused with the option that helps', async () => {
  const { newKey, kek } = await runningKms()
  const key = await newKey({ Origin: 'EXTERNAL_KEY_STORE', CustomKeyStoreId: 'cks-1234567890' })
  const described = kek({ key, describeOnConnect: true })
  const { capabilities } = await described.connect()
  expect(capabilities).toMatchObject({ tellsVersionOnUnwrap: false, protectionLevel: 'external' })
  const slot = await slotOf(described)
  expect(await codeOf(described.unwrapKey({ ...slot, context }))).toBe('ok')
  const error: unknown = await kek({ key })
    .unwrapKey({ ...slot, context })
    .catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ code: 'invalid-response', details: { field: 'keyVersion' } })
  expect(String(error)).toContain('describeOnConnect')
})

test.each([
  ['RSA_2048', 'ENCRYPT_DECRYPT'],
  ['HMAC_256', 'GENERATE_VERIFY_MAC'],
] as const)('a key of another kind is refused on connection: %s', async (KeySpec, KeyUsage) => {
  const { newKey, kek } = await runningKms()
  await newKey({ KeySpec, KeyUsage }, 'alias/other')
  expect(await codeOf(kek({ key: 'alias/other' }).connect())).toBe('configuration')
})

test('describeKey tells state, current and older versions, and goes on without the right to list them', async () => {
  const { newKey, kek, admin, client } = await runningKms()
  const key = await newKey()
  await admin.send(new RotateKeyOnDemandCommand({ KeyId: key }))
  const whole = await kek({ key }).describeKey()
  expect(whole).toMatchObject({ state: 'enabled', protectionLevel: 'hsm' })
  expect([whole.versions.length, whole.versions.at(-1)?.version]).toEqual([2, whole.currentVersion])
  const policy = { Statement: { Effect: 'Allow', Action: 'kms:DescribeKey', Resource: key } } as const
  const reader = client({ accessKeyId: 'READER', secretAccessKey: 's', policy })
  const { versions } = await kek({ key, client: reader }).describeKey()
  expect(versions.map(({ version }) => version)).toEqual([whole.currentVersion])
})

test("a client's clock that is off is refused once, then corrected by the answer's date: the retry succeeds", async () => {
  const emulator = await awsKmsEmulator({ now: () => new Date(Date.now() + 600_000) })
  onTestFinished(emulator.close)
  const { url, environment } = emulator
  const [accessKeyId = '', secretAccessKey = ''] = [
    environment['AWS_ACCESS_KEY_ID'],
    environment['AWS_SECRET_ACCESS_KEY'],
  ]
  const credentials = { accessKeyId, secretAccessKey }
  const client = new KMSClient({ endpoint: url, region: 'eu-west-1', credentials, maxAttempts: 1 })
  onTestFinished(() => client.destroy())
  const key = 'alias/none'
  expect(await codeOf(awsKms({ key, client, resilience: false }).connect())).toBe('unauthenticated')
  expect(await codeOf(awsKms({ key, client, resilience: false }).connect())).toBe('key-not-found')
})

// The SDK's client goes on working after its end: only the call tells.
test('an injected client stays open when the KEK is closed', async () => {
  const { newKey, kek, admin } = await runningKms()
  const destroy = vi.spyOn(admin, 'destroy')
  const mine = kek({ key: await newKey() })
  await slotOf(mine)
  await mine.close()
  expect(destroy).not.toHaveBeenCalled()
})

test('a client of its own ends with the KEK, once', async () => {
  const destroy = vi.spyOn(KMSClient.prototype, 'destroy')
  onTestFinished(() => destroy.mockRestore())
  const key = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab'
  const mine = awsKms({ key, resilience: false })
  await mine.connect()
  expect(destroy).not.toHaveBeenCalled()
  await mine.close()
  await mine.close()
  expect(destroy).toHaveBeenCalledTimes(1)
})
