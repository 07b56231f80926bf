import type { Kek } from '@keywright/core'
import type { ServiceFault, TransportFault } from '@keywright/emulators'
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { classifyGcpKmsError } from '../src/error-codes.ts'
import { codeOf, context, failureOf, key, newDataKey, type Scene, startScene, wrapped } from './scene.ts'

let scene: Scene
let kek: Kek

beforeEach(async () => {
  scene = await startScene()
  kek = scene.kek({ timeoutMs: 5_000 })
})

afterEach(() => scene.close())

const wrap = (): Promise<unknown> => kek.wrapKey({ dataKey: newDataKey(), context })

// What the service answers, through Google's client, for each operation.
test.each<readonly [ServiceFault | TransportFault, string]>([
  [{ kind: 'throttle' }, 'throttled'], // RESOURCE_EXHAUSTED
  [{ kind: 'unavailable' }, 'unavailable'], // UNAVAILABLE
  [{ kind: 'unauthenticated' }, 'unauthenticated'], // UNAUTHENTICATED
  [{ kind: 'deny' }, 'access-denied'], // PERMISSION_DENIED
  [{ kind: 'nonsense' }, 'unknown'], // UNKNOWN
  [{ kind: 'leaky-error' }, 'unavailable'], // INTERNAL
  [{ kind: 'reset' }, 'unavailable'],
  [{ kind: 'garbage' }, 'unavailable'],
  [{ kind: 'half-answer' }, 'unavailable'],
])('%j is %s, for every operation', async (fault, code) => {
  const slot = await wrapped(kek)
  scene.emulator.faults.add({ fault })
  expect(await codeOf(wrap)).toBe(code)
  expect(await codeOf(() => kek.unwrapKey(slot))).toBe(code)
  expect(await codeOf(() => kek.describeKey())).toBe(code)
})

test('a service that does not answer within the time of a call is timeout (DEADLINE_EXCEEDED)', async () => {
  const impatient = scene.kek({ timeoutMs: 5_000 })
  await impatient.connect()
  scene.emulator.faults.add({ fault: { kind: 'stall' } })
  const arrived = new Promise<void>((resolve) => scene.emulator.calls.listen(() => resolve()))
  // The deadline is the client's own, by these.
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] })
  onTestFinished(() => void vi.useRealTimers())
  let ended = false
  const call = codeOf(() => wrapped(impatient)).finally(() => {
    ended = true
  })
  await arrived
  await vi.advanceTimersByTimeAsync(4_900)
  expect(ended).toBe(false)
  await vi.advanceTimersByTimeAsync(200)
  expect(await call).toBe('timeout')
})

test('a port where nobody listens is unavailable, not the timeout that the client makes of it by default', async () => {
  await kek.connect()
  await scene.emulator.close()
  expect(await codeOf(wrap)).toBe('unavailable')
})

test('a key that is not there is key-not-found (NOT_FOUND)', async () => {
  const missing = scene.kek({ key: `${key}-missing` })
  expect(await codeOf(() => missing.describeKey())).toBe('key-not-found')
})

test.each([
  ['a changed byte', (bytes: Uint8Array) => bytes.map((byte, at) => (at === 60 ? byte ^ 1 : byte))],
  ['bytes that do not parse', (bytes: Uint8Array) => bytes.map((byte, at) => (at === 0 ? byte ^ 1 : byte))],
  ["another key's ciphertext", (bytes: Uint8Array) => bytes.map((byte, at) => (at === 4 ? byte ^ 1 : byte))],
])('%s is unwrap-failed: all refusals to decrypt are one code (INVALID_ARGUMENT)', async (_, change) => {
  const slot = await wrapped(kek)
  expect(await codeOf(() => kek.unwrapKey({ ...slot, wrapped: change(slot.wrapped) }))).toBe('unwrap-failed')
})

test('another context is unwrap-failed too (INVALID_ARGUMENT)', async () => {
  const slot = await wrapped(kek)
  const other = { ...context, digest: new Uint8Array(32) }
  expect(await codeOf(() => kek.unwrapKey({ ...slot, context: other }))).toBe('unwrap-failed')
})

test('a disabled version is key-disabled (FAILED_PRECONDITION with KEY_DISABLED)', async () => {
  const slot = await wrapped(kek)
  await scene.admin.setState(1, 'DISABLED')
  expect(await codeOf(wrap)).toBe('key-disabled')
  expect(await codeOf(() => kek.unwrapKey(slot))).toBe('key-disabled')
})

test('a version that waits for its end is key-destroyed (KEY_DESTROY_SCHEDULED)', async () => {
  const slot = await wrapped(kek)
  await scene.admin.destroy(1)
  expect(await codeOf(wrap)).toBe('key-destroyed')
  expect(await codeOf(() => kek.unwrapKey(slot))).toBe('key-destroyed')
})

test('a disabled version of a key that has another is key-version-retired', async () => {
  const slot = await wrapped(kek)
  await scene.admin.rotate()
  await scene.admin.setState(1, 'DISABLED')
  expect(await codeOf(() => kek.unwrapKey(slot))).toBe('key-version-retired')
})

test('where looking at the key is not allowed, a retired version is told as key-disabled', async () => {
  const slot = await wrapped(kek)
  await scene.admin.rotate()
  await scene.admin.setState(1, 'DISABLED')
  scene.emulator.grants.limit('anonymous', ['cloudkms.cryptoKeyVersions.useToDecrypt'])
  expect(await codeOf(() => kek.unwrapKey(slot))).toBe('key-disabled')
})

test('the delay that a throttling service asks for is passed on, in milliseconds', async () => {
  scene.emulator.faults.add({ fault: { kind: 'throttle', retryAfterSeconds: 7 } })
  expect((await failureOf(wrap)).details.retryAfterMs).toBe(7_000)
})

test.each([
  ['a part of a second', { seconds: '1', nanos: 500_000_000 }, 1_500],
  ['less than a second', { nanos: 20_000_001 }, 21],
  ['a number of another form', { seconds: 2, nanos: 0 }, 2_000],
  ['no number', { seconds: 'soon' }, undefined],
  ['less than nothing', { seconds: '-1' }, undefined],
  ['nothing', undefined, undefined],
])('a delay of %s is passed on in full', (_, retryDelay, retryAfterMs) => {
  const error = { code: 8, statusDetails: [{ retryDelay }] }
  expect(classifyGcpKmsError(error, { operation: 'wrapKey' }).retryAfterMs).toBe(retryAfterMs)
})

// What no server here can be brought to say through the provider, in the form in which Google's client throws it.
const destroyed = `${key}/cryptoKeyVersions/1 is not enabled, current state is: DESTROYED.`
const pending = destroyed.replace('DESTROYED', 'PENDING_GENERATION')
const mismatch = 'The checksum in field ciphertext_crc32c did not match the data in field ciphertext.'

test.each([
  ['a destroyed version, told without details', { code: 9, details: destroyed }, 'key-destroyed'],
  ['a version still being made', { code: 9, details: pending }, 'unavailable'],
  ['another precondition', { code: 9, details: 'no' }, 'unknown'],
  ['a request damaged on its way', { code: 3, details: mismatch }, 'unavailable'],
  ['an API that is not enabled', { code: 7, reason: 'SERVICE_DISABLED' }, 'configuration'],
  ['a call that the other side cancelled', { code: 1 }, 'unavailable'],
  ['a method that is not there', { code: 12 }, 'unsupported'],
  ['data lost', { code: 15 }, 'invalid-response'],
  ['a status that nobody knows', { code: 99 }, 'unknown'],
  ['no credentials', { message: 'Could not load the default credentials. Browse to …' }, 'unauthenticated'],
  ['no token', { code: 2, details: 'Getting metadata from plugin failed with error: no' }, 'unauthenticated'],
  ['a connection that failed', { code: 'ECONNREFUSED' }, 'unavailable'],
  ['something that is no error', 'teapot', 'unknown'],
  ['nothing', null, 'unknown'],
])('%s is classified', (_, error, code) => {
  expect(classifyGcpKmsError(error, { operation: 'unwrapKey' }).code).toBe(code)
})

test('an invalid argument is unwrap-failed on unwrap only', () => {
  const error = { code: 3, details: 'The plaintext is too long.' }
  expect(classifyGcpKmsError(error, { operation: 'wrapKey' }).code).toBe('invalid-argument')
})
