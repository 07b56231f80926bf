import { expect, test } from 'vitest'
import { contextPartition } from '../src/cache/partition.ts'
import { decodeHeader } from '../src/format/header.ts'
import { type Keyring, keyring, open, type SealOptions, seal } from '../src/index.ts'
import { memoryControl, memoryKek } from './memory-kek.ts'
import { codeOf } from './outcome.ts'
import { flipBit, headerOf, sealAs, textOf, withHeader } from './three-layouts.ts'

const material = new Uint8Array(32).fill(1)

function cachedKeys(): Keyring {
  return keyring({ seal: [memoryKek({ name: 'one', material })], cache: {} })
}

async function checkOf(options: SealOptions): Promise<string> {
  return Buffer.from(decodeHeader(await seal('x', options)).header.keyCheck).toString('hex')
}

const scopes: readonly (readonly [string, Omit<SealOptions, 'keys'>])[] = [
  ['{}', {}],
  ['{ab: c}', { context: { ab: 'c' } }],
  ['{a: bc}', { context: { a: 'bc' } }],
  ['{abc: ""}', { context: { abc: '' } }],
  ['{a: b, c: d}', { context: { a: 'b', c: 'd' } }],
  ['{a: "b1:c1:d"}', { context: { a: 'b1:c1:d' } }],
  ['{ab: c} withheld', { context: { ab: 'c' }, withhold: ['ab'] }],
  ['{a: b, c: d}, a withheld', { context: { a: 'b', c: 'd' }, withhold: ['a'] }],
  ['{a: b, c: d}, c withheld', { context: { a: 'b', c: 'd' }, withhold: ['c'] }],
]

test('every context, and every choice of what is withheld, has a DEK of its own', async () => {
  const keys = cachedKeys()
  const checks = new Map<string, string>()
  for (const [name, scope] of scopes) {
    const check = await checkOf({ keys, ...scope })
    expect([name, checks.get(check)]).toEqual([name, undefined])
    checks.set(check, name)
    expect(await checkOf({ keys, ...scope })).toBe(check)
  }
  expect(keys.statistics.misses).toBe(scopes.length)
})

test('the order in which a context is written does not matter', () => {
  expect(contextPartition({ a: 'b', c: 'd' })).toBe(contextPartition({ c: 'd', a: 'b' }))
})

test('neighbouring names and values cannot run into one another', () => {
  const texts = scopes.map(([, { context }]) => contextPartition(context))
  expect(new Set(texts).size).toBe(6)
})

test('another context is refused although the cache knows the envelope', async () => {
  const keys = cachedKeys()
  const sealed = await seal('x', { keys, context: { tenant: 'a' } })
  await open(sealed, { keys, context: { tenant: 'a' } })
  expect(await codeOf(open(sealed, { keys, context: { tenant: 'b' } }))).toBe('context-mismatch')
  expect(await codeOf(open(sealed, { keys }))).toBe('context-mismatch')
})

test('trust in the stored context does not warm the cache for who states one', async () => {
  const keys = cachedKeys()
  const sealed = await seal('x', { keys, context: { tenant: 'a' } })
  expect(textOf(await open(sealed, { keys, trustStoredContext: true }))).toBe('x')
  expect(await codeOf(open(sealed, { keys }))).toBe('context-mismatch')
})

test('every byte of a header is part of what the cache knows it by', async () => {
  const keys = cachedKeys()
  const at = { keys, context: { tenant: 'a' } }
  const sealed = await sealAs('detached', 'x', at)
  await open(sealed, at)
  const header = headerOf(sealed)
  for (let byte = 0; byte < header.length; byte++) {
    const altered = withHeader(sealed, flipBit(header, byte, 1))
    expect([byte, await codeOf(open(altered, at))]).not.toEqual([byte, 'ok'])
  }
})

test('two keyrings share nothing', async () => {
  const [one, two] = [cachedKeys(), cachedKeys()]
  const sealed = await seal('x', { keys: one })
  await open(sealed, { keys: one })
  await open(sealed, { keys: two })
  expect([one.statistics.misses, two.statistics.misses]).toEqual([2, 1])
})

test("a refused context is its caller's own error, and nothing is kept", async () => {
  const keys = cachedKeys()
  for (const context of [{ '': 'x' }, { a: '\uD800' }, { 'keywright:x': 'y' }]) {
    expect(await codeOf(seal('x', { keys, context }))).toBe('invalid-argument')
  }
  expect(keys.statistics).toEqual({ hits: 0, misses: 0, evictions: 0, entries: 0 })
})

test('a cached open still demands a policy of its own', async () => {
  const control = memoryControl()
  const lenient = keyring({ seal: [memoryKek({ name: 'one', material, control })], cache: {} })
  const strict = keyring({
    open: [memoryKek({ name: 'one', material, control })],
    minThreshold: 2,
    cache: {},
  })
  const sealed = await seal('x', { keys: lenient })
  await open(sealed, { keys: lenient })
  expect(await codeOf(open(sealed, { keys: strict }))).toBe('policy-mismatch')
})
