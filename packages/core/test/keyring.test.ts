import { expect, test } from 'vitest'
import { decodeHeader, encodeHeader } from '../src/format/header.ts'
import { encodeKeyTable, type Slot } from '../src/format/key-table.ts'
import { type Kek, keyring, open, seal } from '../src/index.ts'
import type { SealWarning } from '../src/keyring/policy.ts'
import { memoryControl, memoryKek } from './memory-kek.ts'
import { codeOf, errorOf } from './outcome.ts'
import { textOf } from './three-layouts.ts'
import { versionedKek } from './versioned-kek.ts'

function failing(code: 'connect' | 'wrapKey' | 'unwrapKey'): (operation: string) => void {
  return (operation) => {
    if (operation === code) throw new DOMException('down')
  }
}

test('a keyring that only seals cannot open, and makes no call', async () => {
  const kek = memoryKek({ name: 'one' })
  const sealed = await seal('x', { keys: keyring({ seal: [kek] }) })
  const other = memoryControl()
  const keys = keyring({ seal: [memoryKek({ name: 'two', control: other })] })
  expect(await codeOf(open(sealed, { keys }))).toBe('no-matching-key')
  expect(other.calls.unwrapKey).toBe(0)
})

test('a keyring that only opens cannot seal', async () => {
  expect(await codeOf(seal('x', { keys: keyring({ open: [memoryKek({ name: 'one' })] }) }))).toBe(
    'configuration',
  )
})

test('a KEK for opening alone wraps nothing and still opens', async () => {
  const [old, now] = [memoryControl(), memoryControl()]
  const oldKek = memoryKek({ name: 'old', control: old })
  const sealed = await seal('x', { keys: keyring({ seal: [oldKek] }) })
  const keys = keyring({ seal: [memoryKek({ name: 'now', control: now })], open: [oldKek] })
  await seal('y', { keys })
  expect(textOf(await open(sealed, { keys }))).toBe('x')
  expect([old.calls.wrapKey, now.calls.wrapKey, now.calls.unwrapKey]).toEqual([1, 1, 0])
})

test('every KEK that seals opens alone', async () => {
  const keks = ['one', 'two', 'three'].map((name) => memoryKek({ name }))
  const sealed = await seal('x', { keys: keyring({ seal: keks }) })
  for (const kek of keks) expect(textOf(await open(sealed, { keys: keyring({ open: [kek] }) }))).toBe('x')
})

// KW-OPN-4
test('an unavailable KEK is passed over for the next', async () => {
  const control = memoryControl()
  const [down, up] = [memoryKek({ name: 'down', control }), memoryKek({ name: 'up' })]
  const sealed = await seal('x', { keys: keyring({ seal: [down, up] }) })
  control.before = failing('unwrapKey')
  expect(textOf(await open(sealed, { keys: keyring({ open: [down, up] }) }))).toBe('x')
})

test('a KEK that cannot be connected is passed over for the next', async () => {
  const material = new Uint8Array(32).fill(3)
  const [first, up] = [memoryKek({ name: 'down', material }), memoryKek({ name: 'up' })]
  const sealed = await seal('x', { keys: keyring({ seal: [first, up] }) })
  const control = { ...memoryControl(), before: failing('connect') }
  const down = memoryKek({ name: 'down', material, control })
  expect(textOf(await open(sealed, { keys: keyring({ open: [down, up] }) }))).toBe('x')
})

// KW-OPN-4
test('an open that failed says what each slot answered', async () => {
  const [one, two] = [memoryControl(), memoryControl()]
  const keks = [memoryKek({ name: 'one', control: one }), memoryKek({ name: 'two', control: two })]
  const sealed = await seal('x', { keys: keyring({ seal: keks }) })
  one.before = () => {
    throw new Error('refused')
  }
  two.before = failing('unwrapKey')
  const error = await errorOf(open(sealed, { keys: keyring({ open: keks }) }))
  expect(error.details.slots).toEqual([
    { key: 'memory://one', code: 'unwrap-failed' },
    { key: 'memory://two', code: 'unavailable' },
  ])
  expect([error.code, error.retry]).toEqual(['unavailable', 'later'])
})

/** An envelope with many slots of one KEK, none of which unwraps. */
async function manySlots(kek: Kek, count: number): Promise<Uint8Array> {
  const sealed = await seal('x', { keys: keyring({ seal: [kek] }) })
  const { header, length } = decodeHeader(sealed)
  const [slot] = header.keyTable.groups[0]?.slots ?? []
  const slots = Array.from({ length: count }, (_, at): Slot => {
    if (slot === undefined) throw new Error('a slot')
    return { ...slot, keyVersion: `v${at}`, wrapped: new Uint8Array(60) }
  })
  const table = encodeKeyTable({ threshold: 1, groups: [{ index: 0, shareCheck: new Uint8Array(0), slots }] })
  return Buffer.concat([encodeHeader(header, table), sealed.subarray(length)])
}

// KW-OPN-3
test('a KEK is asked at most twice for one envelope', async () => {
  const control = memoryControl()
  const kek = memoryKek({ name: 'one', control })
  const hostile = await manySlots(kek, 32)
  expect(await codeOf(open(hostile, { keys: keyring({ open: [kek] }) }))).toBe('unwrap-failed')
  expect(control.calls.unwrapKey).toBe(2)
})

test('a failing KEK fails the seal', async () => {
  const control = { ...memoryControl(), before: failing('wrapKey') }
  const keks = [memoryKek({ name: 'up' }), memoryKek({ name: 'down', control })]
  expect(await codeOf(seal('x', { keys: keyring({ seal: keks }) }))).toBe('unavailable')
})

test('a failing KEK is left out, and reported, where the keyring proceeds', async () => {
  const control = { ...memoryControl(), before: failing('wrapKey') }
  const [up, down] = [memoryKek({ name: 'up' }), memoryKek({ name: 'down', control })]
  const warnings: SealWarning[] = []
  const onSealFailure = { proceed: (warning: SealWarning) => void warnings.push(warning) }
  const sealed = await seal('x', { keys: keyring({ seal: [up, down], onSealFailure }) })
  expect(warnings).toEqual([{ key: 'memory://down', code: 'unavailable' }])
  expect(textOf(await open(sealed, { keys: keyring({ open: [up] }) }))).toBe('x')
})

test('a keyring that proceeds still fails where no KEK of a group could wrap', async () => {
  const control = { ...memoryControl(), before: failing('wrapKey') }
  const [up, down] = [memoryKek({ name: 'up' }), memoryKek({ name: 'down', control })]
  const onSealFailure = { proceed: () => {} }
  expect(await codeOf(seal('x', { keys: keyring({ seal: [down], onSealFailure }) }))).toBe('unavailable')
  const shares = keyring({ groups: [[up], [down]], threshold: 2, onSealFailure })
  expect(await codeOf(seal('x', { keys: shares }))).toBe('unavailable')
})

const concealKey = new Uint8Array(32).fill(5)

test('a concealed reference opens for who has the conceal key', async () => {
  const kek = memoryKek({ name: 'secret-name' })
  const sealed = await seal('x', { keys: keyring({ seal: [kek], concealKey }) })
  expect(Buffer.from(sealed).includes('secret-name')).toBe(false)
  expect(textOf(await open(sealed, { keys: keyring({ open: [kek], concealKey }) }))).toBe('x')
})

test("a concealed reference is nobody's without the conceal key, or with another", async () => {
  const control = memoryControl()
  const kek = memoryKek({ name: 'one', control })
  const sealed = await seal('x', { keys: keyring({ seal: [kek], concealKey }) })
  const other = new Uint8Array(32).fill(6)
  for (const keys of [keyring({ open: [kek] }), keyring({ open: [kek], concealKey: other })]) {
    expect(await codeOf(open(sealed, { keys }))).toBe('no-matching-key')
  }
  expect(control.calls.unwrapKey).toBe(0)
})

test('two concealed references of one KEK differ', async () => {
  const keys = keyring({ seal: [memoryKek({ name: 'one' })], concealKey })
  const [first, second] = [await seal('x', { keys }), await seal('x', { keys })]
  const referenceOf = (envelope: Uint8Array): unknown =>
    decodeHeader(envelope).header.keyTable.groups[0]?.slots[0]?.reference
  expect(referenceOf(first)).not.toEqual(referenceOf(second))
})

// KW-BIND-5
test('withheld values reach a key manager that logs them only where that was asked for', async () => {
  const control = memoryControl()
  const kek = memoryKek({ name: 'one', control, capabilities: { contextBinding: 'native-map' } })
  const at = { context: { tenant: 'a' }, withhold: ['tenant'] }
  expect(await codeOf(seal('x', { keys: keyring({ seal: [kek] }), ...at }))).toBe('configuration')
  expect(control.calls.wrapKey).toBe(0)
  const keys = keyring({ seal: [kek], bindWithheldNatively: true })
  expect(textOf(await open(await seal('x', { keys, ...at }), { keys, context: at.context }))).toBe('x')
})

test('a withheld value is not in the envelope', async () => {
  const keys = keyring({ seal: [memoryKek({ name: 'one' })] })
  const context = { tenant: 'a-very-rare-value', other: 'stored-value' }
  const sealed = Buffer.from(await seal('x', { keys, context, withhold: ['tenant'] }))
  expect([
    sealed.includes('a-very-rare-value'),
    sealed.includes('stored-value'),
    sealed.includes('tenant'),
  ]).toEqual([false, true, true])
})

// KW-CTX-8
test('a wrong withheld value does not open, and one left out is a context mismatch', async () => {
  const keys = keyring({ seal: [memoryKek({ name: 'one', capabilities: { contextBinding: 'envelope' } })] })
  const sealed = await seal('x', { keys, context: { tenant: 'a' }, withhold: ['tenant'] })
  expect(await codeOf(open(sealed, { keys, context: { tenant: 'b' } }))).toBe('unwrap-failed')
  expect(await codeOf(open(sealed, { keys }))).toBe('context-mismatch')
  expect(await codeOf(open(sealed, { keys, trustStoredContext: true }))).toBe('invalid-argument')
})

test('only names of the context can be withheld', async () => {
  const keys = keyring({ seal: [memoryKek({ name: 'one' })] })
  expect(await codeOf(seal('x', { keys, context: { a: 'b' }, withhold: ['c'] }))).toBe('invalid-argument')
})

test('a key manager that draws data keys is spared the wrap', async () => {
  const control = memoryControl()
  const kek = memoryKek({ name: 'one', control, capabilities: { generatesDataKeys: true } })
  const keys = keyring({ seal: [kek, memoryKek({ name: 'two' })] })
  const sealed = await seal('x', { keys })
  expect([control.calls.generateDataKey, control.calls.wrapKey]).toEqual([1, 0])
  for (const only of [kek]) expect(textOf(await open(sealed, { keys: keyring({ open: [only] }) }))).toBe('x')
})

test('where the first KEK cannot draw a data key it is drawn here', async () => {
  const control = memoryControl()
  control.before = (operation) => {
    if (operation === 'generateDataKey') throw new DOMException('down')
  }
  const kek = memoryKek({ name: 'one', control, capabilities: { generatesDataKeys: true } })
  const keys = keyring({ seal: [kek, memoryKek({ name: 'two' })] })
  expect(textOf(await open(await seal('x', { keys }), { keys }))).toBe('x')
  expect(control.calls.wrapKey).toBe(1)
  expect(await codeOf(seal('x', { keys: keyring({ seal: [kek] }) }))).toBe('unavailable')
})

// KW-SEA-2
test('a data key of zeros is refused', async () => {
  const control = memoryControl()
  control.alter = (driver) => ({
    ...driver,
    generateDataKey: async ({ context }) => ({
      ...(await driver.wrapKey({ dataKey: new Uint8Array(32), context })),
      dataKey: new Uint8Array(32),
    }),
  })
  const kek = memoryKek({ name: 'one', control, capabilities: { generatesDataKeys: true } })
  expect(await codeOf(seal('x', { keys: keyring({ seal: [kek] }) }))).toBe('invalid-response')
})

test('a slot of an unknown kind, scheme or algorithm is passed over', async () => {
  const control = memoryControl()
  const kek = memoryKek({ name: 'one', control })
  const sealed = await seal('x', { keys: keyring({ seal: [kek] }) })
  const { header, length } = decodeHeader(sealed)
  const [own] = header.keyTable.groups[0]?.slots ?? []
  if (own === undefined) throw new Error('a slot')
  const strangers: readonly Slot[] = [
    { ...own, kind: 7 },
    { ...own, scheme: 'ml-kem' },
    { ...own, algorithm: 'memory.later' },
  ]
  const groups = [{ index: 0, shareCheck: new Uint8Array(0), slots: [...strangers, own] }]
  const table = encodeKeyTable({ threshold: 1, groups })
  const altered = Buffer.concat([encodeHeader(header, table), sealed.subarray(length)])
  expect(textOf(await open(altered, { keys: keyring({ open: [kek] }) }))).toBe('x')
  expect(control.calls.unwrapKey).toBe(1)
})

test('a KEK whose answers have the wrong length is refused even when a decorator let it through', async () => {
  // HMAC pads a key with zeros: 33 bytes that end in 00 would pass every later check.
  const kek = memoryKek({ name: 'one' })
  const longer: Kek = {
    ...kek,
    unwrapKey: async (request) => {
      const answer = await kek.unwrapKey(request)
      const dataKey = new Uint8Array(33)
      dataKey.set(answer.dataKey)
      return { ...answer, dataKey }
    },
  }
  const sealed = await seal('x', { keys: keyring({ seal: [kek] }) })
  expect(await codeOf(open(sealed, { keys: keyring({ open: [longer] }) }))).toBe('invalid-response')
})

test('a key that unwraps but is another one fails the key check', async () => {
  const kek = memoryKek({ name: 'one' })
  const keys = keyring({ seal: [kek] })
  const [one, two] = [await seal('one', { keys }), await seal('two', { keys })]
  const { header, length } = decodeHeader(one)
  const altered = Buffer.concat([
    encodeHeader(header, decodeHeader(two).header.keyTableBytes),
    one.subarray(length),
  ])
  const error = await errorOf(open(altered, { keys }))
  expect([error.code, error.details.slots]).toEqual([
    'authentication-failed',
    [{ key: 'memory://one', code: 'authentication-failed' }],
  ])
})

test('closing closes every KEK once, and later calls are refused', async () => {
  let closed = 0
  const control = memoryControl()
  control.alter = (driver) => ({
    ...driver,
    close: async () => {
      closed++
    },
  })
  const kek = memoryKek({ name: 'one', control })
  const keys = keyring({ seal: [kek], open: [kek] })
  const sealed = await seal('x', { keys })
  await Promise.all([keys.close(), keys.close()])
  await keys[Symbol.asyncDispose]()
  expect(closed).toBe(1)
  expect(await codeOf(seal('x', { keys }))).toBe('configuration')
  expect(await codeOf(open(sealed, { keys }))).toBe('configuration')
})

// KW-SEA-4
test('the version in a slot is the one that wrapped, and it is sent back', async () => {
  const { kek, rotate, control } = versionedKek('one')
  const keys = keyring({ seal: [kek] })
  const before = await seal('x', { keys })
  rotate()
  const after = await seal('y', { keys })
  const versionOf = (bytes: Uint8Array): string | undefined =>
    decodeHeader(bytes).header.keyTable.groups[0]?.slots[0]?.keyVersion
  expect([versionOf(before), versionOf(after)]).toEqual(['1', '2'])
  expect(textOf(await open(before, { keys }))).toBe('x')
  expect(control.calls.unwrapKey).toBe(1)
})

test('a KEK that cannot be connected, and may be the one, gives its own failure', async () => {
  const sealed = await seal('x', { keys: keyring({ seal: [memoryKek({ name: 'one' })] }) })
  const control = memoryControl()
  control.before = () => {
    throw new DOMException('no answer')
  }
  const error = await errorOf(
    open(sealed, { keys: keyring({ open: [memoryKek({ name: 'one', control })] }) }),
  )
  expect([error.code, error.details.slots]).toEqual([
    'unavailable',
    [{ key: 'memory://one', code: 'unavailable' }],
  ])
})
