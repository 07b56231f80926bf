import { expect, test } from 'vitest'
import { DekCache } from '../src/cache/dek-cache.ts'
import { keyring, open, seal } from '../src/index.ts'
import { DataKey } from '../src/keyring/data-key.ts'
import { type MemoryKekControl, memoryControl, memoryKek } from './memory-kek.ts'
import { codeOf, outcomeOf } from './outcome.ts'

/** A gate that calls wait at until it is opened. */
function gate(): { readonly passed: Promise<void>; readonly open: () => void } {
  let open = (): void => {}
  const passed = new Promise<void>((resolve) => {
    open = resolve
  })
  return { passed, open }
}

function cachedWith(control: MemoryKekControl): ReturnType<typeof keyring> {
  return keyring({ seal: [memoryKek({ name: 'one', control })], cache: {} })
}

test('fifty parallel misses are one call to the key manager, sealing and opening', async () => {
  const control = memoryControl()
  const keys = cachedWith(control)
  const sealed = await Promise.all(Array.from({ length: 50 }, () => seal('x', { keys })))
  expect(control.calls.wrapKey).toBe(1)
  keys.evict()
  const [first] = sealed
  if (first === undefined) throw new Error('an envelope')
  await Promise.all(sealed.map((envelope) => open(envelope, { keys })))
  expect(control.calls.unwrapKey).toBe(1)
  expect(keys.statistics).toMatchObject({ hits: 98, misses: 2 })
})

test("a failed load is everybody's failure once, and is not kept", async () => {
  const control = memoryControl()
  const keys = cachedWith(control)
  control.before = (operation) => {
    if (operation === 'wrapKey') throw new DOMException('down')
  }
  const outcomes = await Promise.all(Array.from({ length: 5 }, () => outcomeOf(seal('x', { keys }))))
  expect(outcomes).toEqual(Array.from({ length: 5 }, () => 'unavailable'))
  expect(control.calls.wrapKey).toBe(1)
  delete control.before
  expect(await outcomeOf(seal('x', { keys }))).toBe('ok')
  expect(keys.statistics.entries).toBe(1)
})

test('one waiter that gives up does not take the others with it', async () => {
  const control = memoryControl()
  const keys = cachedWith(control)
  const { passed, open: letThrough } = gate()
  control.before = (operation) => (operation === 'wrapKey' ? passed : undefined)
  const abort = new AbortController()
  const first = outcomeOf(seal('x', { keys, signal: abort.signal }))
  const others = [seal('x', { keys }), seal('x', { keys })].map(outcomeOf)
  abort.abort()
  expect(await first).toBe('aborted')
  letThrough()
  expect(await Promise.all(others)).toEqual(['ok', 'ok'])
  expect(control.calls.wrapKey).toBe(1)
})

test('a caller that gave up before the call costs nothing', async () => {
  const control = memoryControl()
  const keys = cachedWith(control)
  expect(await codeOf(seal('x', { keys, signal: AbortSignal.abort() }))).toBe('aborted')
  expect([control.calls.connect, control.calls.wrapKey]).toEqual([0, 0])
})

async function newKey(): Promise<DataKey> {
  return DataKey.take(new Uint8Array(32).fill(8))
}

function isWiped(key: DataKey): boolean {
  try {
    return key.key === undefined
  } catch {
    return true
  }
}

test('a DEK is wiped after its last user released it, never under one', async () => {
  const cache = new DekCache({})
  const dataKey = await newKey()
  const request = { partition: 'p', bytes: 0, load: async () => ({ dataKey }) }
  const [one, two] = [await cache.acquire(request), await cache.acquire(request)]
  cache.clear()
  expect(isWiped(dataKey)).toBe(false)
  one.release()
  expect(isWiped(dataKey)).toBe(false)
  two.release()
  expect(isWiped(dataKey)).toBe(true)
})

test('a DEK without users is wiped when it is dropped', async () => {
  const cache = new DekCache({})
  const dataKey = await newKey()
  const lease = await cache.acquire({ partition: 'p', bytes: 0, load: async () => ({ dataKey }) })
  lease.release()
  expect(isWiped(dataKey)).toBe(false)
  cache.clear()
  expect(isWiped(dataKey)).toBe(true)
})

test('a DEK that arrives after the cache was cleared serves who asked, and is wiped then', async () => {
  const cache = new DekCache({})
  const dataKey = await newKey()
  const { passed, open: letThrough } = gate()
  const waiting = cache.acquire({
    partition: 'p',
    bytes: 0,
    load: async () => {
      await passed
      return { dataKey }
    },
  })
  cache.clear()
  letThrough()
  const lease = await waiting
  expect([isWiped(dataKey), cache.statistics.entries]).toEqual([false, 0])
  lease.release()
  expect(isWiped(dataKey)).toBe(true)
})

test('a DEK that its only waiter no longer wants is wiped when it leaves the cache', async () => {
  const control = memoryControl()
  const keys = cachedWith(control)
  const { passed, open: letThrough } = gate()
  control.before = (operation) => (operation === 'wrapKey' ? passed : undefined)
  const abort = new AbortController()
  const given = outcomeOf(seal('x', { keys, signal: abort.signal }))
  abort.abort()
  expect(await given).toBe('aborted')
  letThrough()
  expect(await outcomeOf(seal('x', { keys }))).toBe('ok')
  expect(control.calls.wrapKey).toBe(1)
})
