import { expect, test } from 'vitest'
import {
  type ErrorCode,
  type Kek,
  KeywrightError,
  keyring,
  proveLockOut,
  rewrap,
  seal,
} from '../src/index.ts'
import { memoryControl, memoryKek } from './memory-kek.ts'
import { codeOf } from './outcome.ts'

const context = { tenant: 'a' }

async function rewrapped(concealKey?: Uint8Array): Promise<{
  readonly slots: Parameters<typeof proveLockOut>[0]['slots']
  readonly added: Parameters<typeof proveLockOut>[0]['slots']
  readonly from: ReturnType<typeof memoryKek>
  readonly control: ReturnType<typeof memoryControl>
}> {
  const control = memoryControl()
  const from = memoryKek({ name: 'old', control })
  const sealed = await seal('x', { keys: keyring({ seal: [from], concealKey }), context })
  const { receipt } = await rewrap(sealed, { from, to: memoryKek({ name: 'new' }), concealKey })
  return { slots: receipt.dropped, added: receipt.added, from, control }
}

function answering(kek: Kek, code: ErrorCode): Kek {
  return {
    ...kek,
    unwrapKey: async () => {
      throw new KeywrightError(code, 'no')
    },
  }
}

test('an old KEK that still answers is not locked out', async () => {
  const { slots, from } = await rewrapped()
  expect(await proveLockOut({ slots, keks: [from], context })).toEqual([
    { key: 'memory://old', result: 'still-opens' },
  ])
})

for (const code of [
  'access-denied',
  'key-not-found',
  'key-disabled',
  'key-destroyed',
  'key-version-retired',
] as const) {
  test(`an old KEK that answers ${code} is locked out`, async () => {
    const { slots, from } = await rewrapped()
    expect(await proveLockOut({ slots, keks: [answering(from, code)], context })).toEqual([
      { key: 'memory://old', result: 'refused', code },
    ])
  })
}

for (const code of ['unwrap-failed', 'key-mismatch', 'unsupported', 'invalid-argument', 'unknown'] as const) {
  test(`an old KEK that answers ${code} proves nothing`, async () => {
    const { slots, from } = await rewrapped()
    expect(await proveLockOut({ slots, keks: [answering(from, code)], context })).toEqual([
      { key: 'memory://old', result: 'not-tried', code },
    ])
  })
}

test('an old KEK asked with another context proves nothing', async () => {
  const { slots, from } = await rewrapped()
  expect(await proveLockOut({ slots, keks: [from] })).toEqual([
    { key: 'memory://old', result: 'not-tried', code: 'unwrap-failed' },
  ])
})

test('an old KEK that cannot be reached proves nothing', async () => {
  const { slots, from, control } = await rewrapped()
  control.before = () => {
    throw new DOMException('down')
  }
  expect(await proveLockOut({ slots, keks: [from], context })).toEqual([
    { key: 'memory://old', result: 'not-tried', code: 'unavailable' },
  ])
})

test('a slot of a KEK that is not at hand was not tried', async () => {
  const { slots } = await rewrapped()
  expect(await proveLockOut({ slots, keks: [memoryKek({ name: 'other' })], context })).toEqual([
    { key: 'memory://old', result: 'not-tried' },
  ])
})

test('a slot whose concealed KEK a receipt could not name was not tried', async () => {
  const { added, from } = await rewrapped(new Uint8Array(32).fill(1))
  expect(await proveLockOut({ slots: added, keks: [from], context })).toEqual([
    { key: 'memory:concealed', result: 'not-tried' },
  ])
})

test('a proof that its caller gave up is no proof', async () => {
  const { slots, from } = await rewrapped()
  expect(await codeOf(proveLockOut({ slots, keks: [from], context, signal: AbortSignal.abort() }))).toBe(
    'aborted',
  )
})
