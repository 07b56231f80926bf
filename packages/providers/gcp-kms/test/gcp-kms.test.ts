import { inspect } from 'node:util'
import { testClock } from '@keywright/backends/test-clock'
import { keyring, open, rewrap, seal } from '@keywright/core'
import type { ServiceFault } from '@keywright/emulators'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { CallOptions, GcpKmsClient } from '../src/gcp-kms-client.ts'
import { googleClient } from './google-client.ts'
import { codeOf, context, failureOf, newDataKey, type Scene, startScene, wrapped } from './scene.ts'

let scene: Scene

beforeEach(async () => {
  scene = await startScene()
})

afterEach(() => scene.close())

test('the version is recorded in decimal, as the answer names it', async () => {
  const kek = scene.kek()
  await scene.admin.rotate()
  expect((await wrapped(kek)).keyVersion).toBe('2')
})

test('decrypting names the key, and an old version still opens after a rotation', async () => {
  const kek = scene.kek()
  const dataKey = newDataKey()
  const slot = await wrapped(kek, dataKey)
  await scene.admin.rotate()
  expect((await kek.unwrapKey(slot)).dataKey).toEqual(dataKey)
})

test.each(['01', '-1', '1/../2', 'latest', '1'.repeat(20)])(
  'the version %s of a slot is refused before any call',
  async (keyVersion) => {
    const kek = scene.kek()
    const slot = await wrapped(kek)
    const before = scene.emulator.calls.count()
    expect(await codeOf(() => kek.unwrapKey({ ...slot, keyVersion }))).toBe('invalid-argument')
    expect(scene.emulator.calls.count()).toBe(before)
  },
)

test.each<readonly [ServiceFault, string]>([
  [{ kind: 'other-key' }, 'key-mismatch'],
  [{ kind: 'no-key-named' }, 'invalid-response'],
  [{ kind: 'wrong-checksum' }, 'invalid-response'],
  [{ kind: 'checksum-unverified' }, 'invalid-response'],
  [{ kind: 'wrapped-length', bytes: 0 }, 'invalid-response'],
  [{ kind: 'wrapped-length', bytes: 9_000 }, 'invalid-response'],
])('a wrap answered with %j is %s', async (fault, code) => {
  const kek = scene.kek()
  scene.emulator.faults.add({ fault })
  expect(await codeOf(() => wrapped(kek))).toBe(code)
})

test.each<ServiceFault>([
  { kind: 'wrong-checksum' },
  { kind: 'no-data-key' },
  { kind: 'data-key-length', bytes: 31 },
  { kind: 'data-key-length', bytes: 33 },
])('an unwrap answered with %j is invalid-response', async (fault) => {
  const kek = scene.kek()
  const slot = await wrapped(kek)
  scene.emulator.faults.add({ fault })
  expect(await codeOf(() => kek.unwrapKey(slot))).toBe('invalid-response')
})

/** A client that keeps what it was given, in front of Google's. */
function watched(url: string): {
  readonly client: GcpKmsClient
  readonly seen: Seen[]
  close: () => Promise<void>
} {
  const google = googleClient(url)
  const seen: Seen[] = []
  const keep = (request: object, options: CallOptions): void =>
    void seen.push({ request: { ...request }, options })
  const client: GcpKmsClient = {
    encrypt: (request, options) => {
      keep(request, options)
      return google.encrypt(request, options)
    },
    decrypt: (request, options) => {
      keep(request, options)
      return google.decrypt(request, options)
    },
    getCryptoKey: (request, options) => google.getCryptoKey(request, options),
    listCryptoKeyVersions: (request, options) => google.listCryptoKeyVersions(request, options),
  }
  return { client, seen, close: () => google.close() }
}

interface Seen {
  readonly request: object
  readonly options: CallOptions
}

// Each field on its own, missing or wrong: the emulator's faults change several at once.
test.each<readonly [string, unknown]>([
  ['verifiedPlaintextCrc32c', false],
  ['verifiedPlaintextCrc32c', undefined],
  ['verifiedAdditionalAuthenticatedDataCrc32c', false],
  ['verifiedAdditionalAuthenticatedDataCrc32c', undefined],
  ['ciphertext', undefined],
  ['ciphertext', 'AAAA'],
  ['ciphertextCrc32c', undefined],
  ['ciphertextCrc32c', null],
  ['ciphertextCrc32c', { value: null }],
  ['ciphertextCrc32c', { value: '0' }],
  ['plaintext', undefined],
  ['plaintext', 'AAAA'],
  ['plaintextCrc32c', undefined],
  ['plaintextCrc32c', { value: '0' }],
  ['name', undefined],
])('an answer whose %s is %j is invalid-response', async (field, value) => {
  const google = googleClient(scene.emulator.url)
  const changed = <T extends object>([answer]: readonly [T, ...unknown[]]): readonly [T] => [
    { ...answer, [field]: value },
  ]
  const slot = await wrapped(scene.kek())
  const kek = scene.kek({
    client: {
      encrypt: async (request, options) => changed(await google.encrypt(request, options)),
      decrypt: async (request, options) => changed(await google.decrypt(request, options)),
      getCryptoKey: (request, options) => google.getCryptoKey(request, options),
      listCryptoKeyVersions: (request, options) => google.listCryptoKeyVersions(request, options),
    },
  })
  const call = field.startsWith('plaintext') ? () => kek.unwrapKey(slot) : () => wrapped(kek)
  expect(await codeOf(call)).toBe('invalid-response')
  await google.close()
})

test('every field that has a checksum is sent with it', async () => {
  const { client, seen, close } = watched(scene.emulator.url)
  const kek = scene.kek({ client })
  await kek.unwrapKey(await wrapped(kek))
  await close()
  for (const { request } of seen) {
    const bytes = Object.keys(request).filter((name) => name !== 'name' && !name.endsWith('Crc32c'))
    expect(bytes.length).toBe(2)
    for (const name of bytes) expect(request).toHaveProperty(`${name}Crc32c.value`, expect.any(Number))
  }
})

test('what is bound is the digest of the context', async () => {
  const { client, seen, close } = watched(scene.emulator.url)
  await wrapped(scene.kek({ client }))
  await close()
  expect(seen[0]?.request).toHaveProperty('additionalAuthenticatedData', context.digest)
})

test('each call has options of its own, because the client writes into them', async () => {
  const { client, seen, close } = watched(scene.emulator.url)
  const kek = scene.kek({ client })
  await Promise.all([wrapped(kek), wrapped(kek)])
  await close()
  expect(seen[0]?.options).not.toBe(seen[1]?.options)
})

test.each<readonly [ServiceFault, string]>([
  [{ kind: 'unavailable' }, 'unavailable'],
  [{ kind: 'throttle' }, 'throttled'],
])('there is one attempt, and %j keeps its own code', async (fault, code) => {
  const kek = scene.kek()
  scene.emulator.faults.add({ fault })
  expect(await codeOf(() => wrapped(kek))).toBe(code)
  expect(scene.emulator.calls.count('Encrypt')).toBe(1)
})

test('by default the policy tries again, so that a passing failure is not seen', async () => {
  const clock = testClock()
  const kek = scene.kek({ resilience: { clock, random: () => 0.99 } })
  scene.emulator.faults.add({ fault: { kind: 'unavailable' }, times: 2 })
  const slot = wrapped(kek)
  // The longest pauses: up to 100 ms before the second try, and twice as long before the third.
  for (const pauseMs of [100, 200]) {
    await clock.asleep(pauseMs)
    clock.move(pauseMs)
  }
  await slot
  expect(scene.emulator.calls.count('Encrypt')).toBe(3)
})

test('a first call that gets no answer costs one try: the next is answered, and the KEK closes', async () => {
  const clock = testClock()
  const kek = scene.kek({ resilience: { clock, random: () => 0.5 } })
  scene.emulator.faults.add({ fault: { kind: 'stall' }, times: 1 })
  const arrived = new Promise<void>((resolve) => scene.emulator.calls.listen(() => resolve()))
  const slot = wrapped(kek)
  await arrived
  clock.move(3_000)
  await clock.asleep(100)
  clock.move(100)
  await slot
  await wrapped(kek)
  expect(scene.emulator.calls.count('Encrypt')).toBe(3)
  await kek.close()
})

test('a caller who gives up is let go, though the client itself cannot be cancelled', async () => {
  const kek = scene.kek()
  await kek.connect()
  scene.emulator.faults.add({ fault: { kind: 'stall' } })
  const controller = new AbortController()
  const arrived = new Promise<void>((resolve) => scene.emulator.calls.listen(() => resolve()))
  const call = kek.wrapKey({ dataKey: newDataKey(), context, signal: controller.signal })
  call.catch(() => {})
  await arrived
  controller.abort()
  expect(await codeOf(() => call)).toBe('aborted')
})

test('a key that does not live where the options say is refused, on wrap and on unwrap', async () => {
  const slot = await wrapped(scene.kek())
  const kek = scene.kek({ protectionLevel: 'hsm' })
  expect(await codeOf(() => wrapped(kek))).toBe('configuration')
  expect(await codeOf(() => kek.unwrapKey(slot))).toBe('configuration')
})

test('the data key of an unwrap that is refused for its level, or for its checksum, is zeros then', async () => {
  const google = googleClient(scene.emulator.url)
  const slot = await wrapped(scene.kek())
  for (const [options, change] of [
    [{ protectionLevel: 'hsm' }, {}],
    [{}, { plaintextCrc32c: { value: '0' } }],
  ] as const) {
    const plaintexts: unknown[] = []
    const client: GcpKmsClient = {
      encrypt: (request, options) => google.encrypt(request, options),
      decrypt: async (request, options) => {
        const [answer] = await google.decrypt(request, options)
        plaintexts.push(answer.plaintext)
        return [{ ...answer, ...change }]
      },
      getCryptoKey: (request, options) => google.getCryptoKey(request, options),
      listCryptoKeyVersions: (request, options) => google.listCryptoKeyVersions(request, options),
    }
    await failureOf(() => scene.kek({ ...options, client }).unwrapKey(slot))
    expect(plaintexts).toEqual([Buffer.alloc(32)])
  }
  await google.close()
})

test('neither the data key nor the token shows in the error of a service that repeats both', async () => {
  const token = 'ya29.token-of-a-test'
  const google = googleClient(scene.emulator.url)
  const otherArgs = { headers: { authorization: `Bearer ${token}` } }
  const client: GcpKmsClient = {
    encrypt: (request, options) => google.encrypt(request, { ...options, otherArgs }),
    decrypt: (request, options) => google.decrypt(request, { ...options, otherArgs }),
    getCryptoKey: (request, options) => google.getCryptoKey(request, options),
    listCryptoKeyVersions: (request, options) => google.listCryptoKeyVersions(request, options),
  }
  const dataKey = newDataKey()
  scene.emulator.faults.add({ fault: { kind: 'leaky-error' } })
  const error = await failureOf(() => scene.kek({ client }).wrapKey({ dataKey, context }))
  await google.close()
  expect(scene.emulator.calls.latest.at(-1)?.principal).toBe(token)
  const shown = `${inspect(error, { depth: 9, showHidden: true })} ${JSON.stringify(error)}`
  for (const secret of [
    token,
    Buffer.from(dataKey).toString('base64'),
    Buffer.from(dataKey).toString('hex'),
  ]) {
    expect(shown).not.toContain(secret)
  }
})

test('a rewrap from a key to itself moves to its new version, and the old one may go', async () => {
  const kek = scene.kek()
  const sealed = await seal('for some eyes only', { keys: keyring({ seal: [kek] }) })
  await scene.admin.rotate()
  const { envelope = sealed } = await rewrap(sealed, { from: kek, to: kek })
  await scene.admin.setState(1, 'DISABLED')
  const keys = keyring({ open: [kek] })
  expect(Buffer.from(await open(envelope, { keys })).toString()).toBe('for some eyes only')
  expect(await codeOf(() => open(sealed, { keys }))).toBe('key-version-retired')
})
