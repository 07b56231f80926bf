import { expect, test } from 'vitest'
import { type EncryptionContext, inspect, keyring, open, seal } from '../src/index.ts'
import { memoryControl, memoryKek } from './memory-kek.ts'
import { codeOf, outcomeOf } from './outcome.ts'
import { sealPaged } from './three-layouts.ts'

/** A context that tells one tenant when it is first read, and another one from then on. */
function turning(first: string, later: string): EncryptionContext {
  let reads = 0
  return Object.defineProperty({}, 'tenant', {
    enumerable: true,
    get: () => (reads++ === 0 ? first : later),
  }) as EncryptionContext
}

test('a context that changes between two readings cannot put its DEK under another name', async () => {
  const keys = keyring({ seal: [memoryKek({ name: 'one' })], cache: {} })
  await outcomeOf(seal('x', { keys, context: turning('a', 'b') }))
  const sealed = await seal('x', { keys, context: { tenant: 'a' } })
  expect((await inspect(sealed)).context).toEqual({ tenant: 'a' })
})

test("a context that changes between two readings cannot warm the cache for another tenant's envelope", async () => {
  const one = memoryKek({ name: 'one' })
  const keys = keyring({ open: [one], cache: {} })
  const theirs = await seal('x', { keys: keyring({ seal: [one] }), context: { tenant: 'b' } })
  await outcomeOf(open(theirs, { keys, context: turning('a', 'b') }))
  expect(await codeOf(open(theirs, { keys, context: { tenant: 'a' } }))).toBe('context-mismatch')
})

test('a context that its owner changes while another call loads a DEK is sealed as it was at the call', async () => {
  const control = memoryControl()
  const keys = keyring({ seal: [memoryKek({ name: 'one', control })], cache: { maxMessages: 1 } })
  const gate = Promise.withResolvers<void>()
  control.before = () => gate.promise
  const first = seal('x', { keys, context: { tenant: 'a' } })
  const context = { tenant: 'a' }
  const second = seal('x', { keys, context })
  context.tenant = 'b'
  gate.resolve()
  for (const sealed of await Promise.all([first, second])) {
    expect((await inspect(sealed)).context).toEqual({ tenant: 'a' })
  }
})

test('a paged header that changes while it is decoded is not kept under its new bytes', async () => {
  const one = memoryKek({ name: 'one' })
  const keys = keyring({ open: [one], cache: {} })
  const sealing = keyring({ seal: [one], cache: {} })
  const [ours, foreign] = [
    await sealPaged('ours', { keys: sealing }),
    await sealPaged('them', { keys: keyring({ seal: [memoryKek({ name: 'other' })] }) }),
  ]
  const bytes = new Uint8Array(ours)
  const opening = outcomeOf(open(bytes, { keys }))
  bytes.set(foreign.subarray(0, 12_288))
  await opening
  expect(await codeOf(open(foreign, { keys }))).toBe('no-matching-key')
})
