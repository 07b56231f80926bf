import { limits } from '@keywright/core'
import type { ConformanceCase } from '../conformance-case.ts'
import { keyContext } from '../context.ts'
import { expectSameBytes, expectThat } from '../expectation.ts'
import { newDataKey, unwrapSlot, wrapSlot } from '../slot.ts'

/** What must work before anything else is worth asking. */
export const roundTripCases: readonly ConformanceCase[] = [
  {
    id: 'round-trip.same-key',
    proves: 'a wrapped data key unwraps to the same 32 bytes',
    negative: false,
    run: async ({ first }) => {
      const dataKey = newDataKey()
      expectSameBytes(await unwrapSlot(first, await wrapSlot(first, dataKey)), dataKey, 'the data key')
    },
  },
  {
    id: 'round-trip.zeros-at-the-ends',
    proves: 'zeros at either end of a data key are kept, and so are bytes over 127',
    negative: false,
    run: async ({ first }) => {
      for (const [start, end] of [
        [0, 8],
        [24, 32],
        [0, 31],
      ] as const) {
        const dataKey = new Uint8Array(32).fill(0xff).fill(0, start, end)
        expectSameBytes(await unwrapSlot(first, await wrapSlot(first, dataKey)), dataKey, 'the data key')
      }
    },
  },
  {
    id: 'round-trip.another-kek',
    proves: 'a KEK made anew unwraps what an earlier one wrapped: nothing is kept in the process',
    negative: false,
    run: async ({ first, anew }) => {
      const dataKey = newDataKey()
      const slot = await wrapSlot(first, dataKey)
      await first.close()
      expectSameBytes(await unwrapSlot(anew(), slot), dataKey, 'the data key')
    },
  },
  {
    id: 'round-trip.empty-context',
    proves: 'the empty encryption context is a context like any other',
    negative: false,
    run: async ({ first }) => {
      const dataKey = newDataKey()
      const slot = await wrapSlot(first, dataKey, keyContext())
      expectSameBytes(await unwrapSlot(first, slot, keyContext()), dataKey, 'the data key')
    },
  },
  {
    id: 'round-trip.largest-context',
    proves: 'a context at the limits of the format is served: every envelope can move to every provider',
    negative: false,
    run: async ({ first }) => {
      const pairs = Array.from({ length: limits.contextPairs - 1 }, (_, i) => [`name-${i}`, 'v'.repeat(100)])
      const context = keyContext({
        ...Object.fromEntries(pairs),
        largest: 'v'.repeat(limits.contextValueBytes),
      })
      const dataKey = newDataKey()
      const slot = await wrapSlot(first, dataKey, context)
      expectSameBytes(await unwrapSlot(first, slot, context), dataKey, 'the data key')
    },
  },
  {
    id: 'round-trip.odd-names',
    proves: 'names and values outside ASCII, and names that JavaScript objects know, are served',
    negative: false,
    run: async ({ first }) => {
      const context = keyContext({
        ['__proto__']: 'a',
        constructor: '',
        'ключ 🔑': 'значение "=&%',
        '￿a': '𐀀',
      })
      const dataKey = newDataKey()
      const slot = await wrapSlot(first, dataKey, context)
      expectSameBytes(await unwrapSlot(first, slot, context), dataKey, 'the data key')
    },
  },
  {
    id: 'round-trip.wrapped-size',
    proves: 'a wrapped key has 1 to 8,192 bytes, so that it fits a slot',
    negative: false,
    run: async ({ first }) => {
      const { wrapped } = await wrapSlot(first, newDataKey())
      expectThat(wrapped instanceof Uint8Array, 'the wrapped key is no Uint8Array')
      expectThat(wrapped.length >= 1 && wrapped.length <= limits.wrappedBytes, 'the wrapped key fits no slot')
    },
  },
  {
    id: 'round-trip.wrapped-hides-key',
    proves: 'no eight bytes in a row of the data key stand in the wrapped key',
    negative: true,
    run: async ({ first }) => {
      const dataKey = newDataKey()
      const { wrapped } = await wrapSlot(first, dataKey)
      const haystack = Buffer.from(wrapped)
      for (let at = 0; at + 8 <= dataKey.length; at++) {
        expectThat(
          !haystack.includes(Buffer.from(dataKey.subarray(at, at + 8))),
          'the wrapped key shows the data key',
        )
      }
    },
  },
]
