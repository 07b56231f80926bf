import { expect, test } from 'vitest'
import { type KeyringOptions, keyring, seal, verifyHeader } from '../src/index.ts'
import { memoryControl, memoryKek } from './memory-kek.ts'

test('a verification asks each KEK once, whatever the strategy of its keyring', async () => {
  const all = ['one', 'two', 'three'].map((name) => {
    const control = memoryControl()
    return { control, kek: memoryKek({ name, control }) }
  })
  const keks = all.map(({ kek }) => kek)
  const atOnce: KeyringOptions['openStrategy'] = async (attempt) => {
    while (attempt.unknown().length > 0) await attempt.changed()
    await Promise.all(attempt.candidates().map(({ ask }) => ask()))
  }
  const keys = keyring({ seal: keks, openStrategy: atOnce })
  const { slots } = await verifyHeader(await seal('x', { keys }), { keys })
  expect(slots.map(({ result }) => result)).toEqual(['verified', 'verified', 'verified'])
  expect(all.map(({ control }) => control.calls.unwrapKey)).toEqual([1, 1, 1])
})
