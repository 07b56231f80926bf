import { expect, test } from 'vitest'
import { keyring, open, openStream, sealStream } from '../src/index.ts'
import { cut, drain, patterned } from './body-sources.ts'
import { memoryKek } from './memory-kek.ts'
import { codeOf, outcomeOf } from './outcome.ts'

const material = new Uint8Array(32).fill(4)
const uncached = keyring({ open: [memoryKek({ name: 'one', material })] })
const plaintext = patterned(3 * 16_384 + 100)
const pieces = cut(plaintext, 5000)

function contextOf(at: number): { readonly tenant: string } {
  return { tenant: `t${at % 7}` }
}

/** Evicts over and over while the work runs. */
async function evictingDuring<T>(evict: () => void, work: Promise<T>): Promise<T> {
  let running = true
  const evicting = (async () => {
    while (running) {
      evict()
      await new Promise((resolve) => setImmediate(resolve))
    }
  })()
  try {
    return await work
  } finally {
    running = false
    await evicting
  }
}

test('a hundred streams seal while DEKs are evicted, and an uncached reader opens them all', async () => {
  const keys = keyring({ seal: [memoryKek({ name: 'one', material })], cache: { maxEntries: 3 } })
  const sealing = Array.from({ length: 100 }, (_, at) =>
    drain(sealStream({ keys, context: contextOf(at) }), pieces),
  )
  const sealed = await evictingDuring(() => keys.evict(), Promise.all(sealing))
  for (const [at, { released, error }] of sealed.entries()) {
    expect(error).toBeUndefined()
    const opened = await open(released, { keys: uncached, context: contextOf(at) })
    expect(Buffer.compare(opened, plaintext)).toBe(0)
  }
  expect(keys.statistics.evictions).toBeGreaterThan(7)
})

test('a hundred streams open while DEKs are evicted', async () => {
  const keys = keyring({ seal: [memoryKek({ name: 'one', material })], cache: { maxEntries: 3 } })
  const sealed = await Promise.all(
    Array.from({ length: 10 }, (_, at) => drain(sealStream({ keys, context: contextOf(at) }), pieces)),
  )
  const opening = Array.from({ length: 100 }, (_, at) => {
    const { released } = sealed[at % 10] ?? { released: new Uint8Array(0) }
    return drain(openStream({ keys, context: contextOf(at % 10) }), cut(released, 7000))
  })
  for (const { released, error } of await evictingDuring(() => keys.evict(), Promise.all(opening))) {
    expect(error).toBeUndefined()
    expect(Buffer.compare(released, plaintext)).toBe(0)
  }
})

test('a keyring closed under a hundred streams lets those end that have their DEK, and refuses the others', async () => {
  const keys = keyring({ seal: [memoryKek({ name: 'one', material })], cache: {} })
  await drain(sealStream({ keys, context: contextOf(0) }), [plaintext])
  const sealing = Array.from({ length: 100 }, (_, at) =>
    drain(sealStream({ keys, context: contextOf(at) }), pieces),
  )
  await new Promise((resolve) => setImmediate(resolve))
  await keys.close()
  let finished = 0
  for (const [at, { released, error }] of (await Promise.all(sealing)).entries()) {
    if (error !== undefined) {
      expect(await codeOf(Promise.reject(error))).toBe('configuration')
      continue
    }
    finished++
    expect(await outcomeOf(open(released, { keys: uncached, context: contextOf(at) }))).toBe('ok')
  }
  expect(finished).toBeGreaterThan(0)
})
