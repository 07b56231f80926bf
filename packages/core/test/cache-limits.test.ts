import { expect, test } from 'vitest'
import { type CacheOptions, DekCache } from '../src/cache/dek-cache.ts'
import { decodeHeader } from '../src/format/header.ts'
import { type Keyring, keyring, open, openStream, seal, sealStream } from '../src/index.ts'
import { drain, patterned } from './body-sources.ts'
import { type MemoryKekControl, memoryControl, memoryKek } from './memory-kek.ts'
import { errorOf } from './outcome.ts'
import { textOf } from './three-layouts.ts'

interface Cached {
  readonly keys: Keyring
  readonly control: MemoryKekControl
}

function cached(cache: CacheOptions): Cached {
  const control = memoryControl()
  return { keys: keyring({ seal: [memoryKek({ name: 'one', control })], cache }), control }
}

test('one DEK seals and opens many envelopes, and says that it is shared', async () => {
  const { keys, control } = cached({})
  const sealed = await Promise.all([1, 2, 3].map(() => seal('x', { keys })))
  for (const envelope of sealed) {
    expect(textOf(await open(envelope, { keys }))).toBe('x')
    expect(decodeHeader(envelope).header.preamble.dekUse).toBe('shared')
  }
  expect([control.calls.wrapKey, control.calls.unwrapKey]).toEqual([1, 1])
})

test('without a cache every envelope has a DEK of its own', async () => {
  const control = memoryControl()
  const keys = keyring({ seal: [memoryKek({ name: 'one', control })] })
  const sealed = [await seal('x', { keys }), await seal('x', { keys })]
  const checks = sealed.map((envelope) => Buffer.from(decodeHeader(envelope).header.keyCheck).toString('hex'))
  expect(new Set(checks).size).toBe(2)
  expect(control.calls.wrapKey).toBe(2)
})

test('an entry expires at its age', async () => {
  let nowMs = 0
  const { keys, control } = cached({ maxAgeMs: 1000, now: () => nowMs })
  const first = await seal('x', { keys })
  await open(first, { keys })
  nowMs = 999
  await seal('x', { keys })
  await open(first, { keys })
  expect([control.calls.wrapKey, control.calls.unwrapKey]).toEqual([1, 1])
  nowMs = 1000
  await seal('x', { keys })
  await open(first, { keys })
  expect([control.calls.wrapKey, control.calls.unwrapKey]).toEqual([2, 2])
})

test('an entry is as old as the question to the key manager, not as its answer', async () => {
  let nowMs = 0
  const { keys, control } = cached({ maxAgeMs: 1000, now: () => nowMs })
  control.before = () => {
    nowMs += 999
  }
  await seal('x', { keys })
  nowMs += 999
  await seal('x', { keys })
  expect(control.calls.wrapKey).toBe(2)
})

test('a DEK seals no more messages than allowed', async () => {
  const { keys, control } = cached({ maxMessages: 3 })
  for (let count = 0; count < 7; count++) await seal('x', { keys })
  expect(control.calls.wrapKey).toBe(3)
})

test('parallel misses keep to the number of messages', async () => {
  const { keys, control } = cached({ maxMessages: 3 })
  await Promise.all(Array.from({ length: 7 }, () => seal('x', { keys })))
  expect(control.calls.wrapKey).toBe(3)
})

test('a DEK opens no more messages than allowed', async () => {
  const { keys, control } = cached({ maxMessages: 3 })
  const sealed = await seal('x', { keys })
  for (let count = 0; count < 7; count++) await open(sealed, { keys })
  expect(control.calls.unwrapKey).toBe(3)
})

test('a DEK seals no more bytes than allowed', async () => {
  const { keys, control } = cached({ maxBytes: 100 })
  for (let count = 0; count < 4; count++) await seal(patterned(40), { keys })
  expect(control.calls.wrapKey).toBe(2)
})

test('a message longer than the limit is sealed by a DEK that then serves nobody else', async () => {
  const { keys, control } = cached({ maxBytes: 100 })
  await seal(patterned(500), { keys })
  await seal(patterned(1), { keys })
  expect(control.calls.wrapKey).toBe(2)
})

test('a stream counts the bytes that it really sealed', async () => {
  const { keys, control } = cached({ maxBytes: 100 })
  await drain(sealStream({ keys }), [patterned(60), patterned(41)])
  await seal(patterned(1), { keys })
  expect(control.calls.wrapKey).toBe(2)
})

test('a stream that sealed little leaves the rest to others', async () => {
  const { keys, control } = cached({ maxBytes: 100 })
  await drain(sealStream({ keys }), [patterned(60)])
  await seal(patterned(40), { keys })
  expect(control.calls.wrapKey).toBe(1)
})

test('opening counts bytes too, whole and as a stream', async () => {
  const { keys, control } = cached({ maxBytes: 100 })
  const sealed = await seal(patterned(60), { keys: keyring({ seal: [memoryKek({ name: 'x' })] }) }).then(() =>
    seal(patterned(60), { keys }),
  )
  await open(sealed, { keys })
  await drain(openStream({ keys }), [sealed])
  await open(sealed, { keys })
  expect(control.calls.unwrapKey).toBe(2)
})

test('the DEK unused for longest goes first', async () => {
  const { keys, control } = cached({ maxEntries: 2 })
  const of = (tenant: string): Promise<Uint8Array> => seal('x', { keys, context: { tenant } })
  await of('a')
  await of('b')
  await of('a')
  await of('c')
  expect([control.calls.wrapKey, keys.statistics.entries]).toEqual([3, 2])
  await of('a')
  expect(control.calls.wrapKey).toBe(3)
  await of('b')
  expect(control.calls.wrapKey).toBe(4)
})

test('statistics tell hits, misses, evictions and entries', async () => {
  const { keys } = cached({ maxEntries: 1 })
  expect(keys.statistics).toEqual({ hits: 0, misses: 0, evictions: 0, entries: 0 })
  const sealed = await seal('x', { keys })
  await seal('x', { keys })
  expect(keys.statistics).toEqual({ hits: 1, misses: 1, evictions: 0, entries: 1 })
  await open(sealed, { keys })
  expect(keys.statistics).toEqual({ hits: 1, misses: 2, evictions: 1, entries: 1 })
  keys.evict()
  expect(keys.statistics).toEqual({ hits: 1, misses: 2, evictions: 2, entries: 0 })
})

for (const [field, value] of [
  ['maxAgeMs', 0],
  ['maxAgeMs', 86_400_001],
  ['maxAgeMs', Number.NaN],
  ['maxMessages', 0],
  ['maxMessages', 2 ** 32 + 1],
  ['maxBytes', -1],
  ['maxBytes', Number.POSITIVE_INFINITY],
  ['maxEntries', 0],
] as const) {
  test(`${field} of ${value} is a mistake`, async () => {
    const error = await errorOf(() => new DekCache({ [field]: value }))
    expect([error.code, error.details.field]).toEqual(['configuration', field])
  })
}

test('a DEK that expired is given up although nobody asks for it again', async () => {
  let nowMs = 0
  const { keys } = cached({ maxAgeMs: 1000, now: () => nowMs })
  for (const tenant of ['a', 'b', 'c']) await seal('x', { keys, context: { tenant } })
  nowMs = 1000
  await seal('x', { keys, context: { tenant: 'd' } })
  expect([keys.statistics.entries, keys.statistics.evictions]).toEqual([1, 3])
})
