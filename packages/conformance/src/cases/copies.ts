import { type ConformanceCase, need } from '../conformance-case.ts'
import { keyContext } from '../context.ts'
import { expectSameBytes, expectThat } from '../expectation.ts'
import { newDataKey, unwrapSlot, usualContext, wrapSlot } from '../slot.ts'

/** Whose memory is whose: callers wipe and reuse theirs whenever they like. */
export const copyCases: readonly ConformanceCase[] = [
  {
    id: 'copies.request-kept',
    proves:
      "a call changes nothing of the caller's: data key, wrapped key, pairs and digest stay as they were",
    negative: true,
    run: async ({ first }) => {
      const dataKey = newDataKey()
      const before = dataKey.slice()
      const context = keyContext({ tenant: 'a', table: 'b' })
      const slot = await wrapSlot(first, dataKey, context)
      const wrapped = slot.wrapped.slice()
      await unwrapSlot(first, slot, context)
      expectSameBytes(dataKey, before, "the caller's data key")
      expectSameBytes(slot.wrapped, wrapped, "the caller's wrapped key")
      expectSameBytes(context.digest, keyContext({ tenant: 'a', table: 'b' }).digest, "the caller's digest")
      expectThat(JSON.stringify(context.pairs) === '{"tenant":"a","table":"b"}', "the caller's pairs changed")
    },
  },
  {
    id: 'copies.data-key-taken-at-call',
    proves: 'wrap takes the data key when it is called: wiping it afterwards wraps no zeros',
    negative: true,
    run: async ({ first }) => {
      const dataKey = newDataKey()
      const expected = dataKey.slice()
      const { reference } = await first.connect()
      const work = first.wrapKey({ dataKey, context: usualContext })
      dataKey.fill(0)
      const { wrapped, keyVersion = '', algorithm } = await work
      const slot = { wrapped, reference, keyVersion, algorithm }
      expectSameBytes(await unwrapSlot(first, slot), expected, 'the data key at the time of the call')
    },
  },
  {
    id: 'copies.wrapped-taken-at-call',
    proves: 'unwrap takes the wrapped key when it is called: reusing its memory afterwards does no harm',
    negative: true,
    run: async ({ first }) => {
      const dataKey = newDataKey()
      const slot = await wrapSlot(first, dataKey)
      const work = unwrapSlot(first, slot)
      slot.wrapped.fill(0)
      expectSameBytes(await work, dataKey, 'the data key')
    },
  },
  {
    id: 'copies.answers-apart',
    proves: 'an answer belongs to its caller: wiping one data key leaves the next unwrap whole',
    negative: true,
    run: async ({ first }) => {
      const dataKey = newDataKey()
      const slot = await wrapSlot(first, dataKey)
      const one = await unwrapSlot(first, slot)
      const other = await unwrapSlot(first, slot)
      one.fill(0)
      expectSameBytes(other, dataKey, 'an earlier answer')
      expectSameBytes(await unwrapSlot(first, slot), dataKey, 'a later answer')
    },
  },
  {
    id: 'copies.wrapped-apart',
    proves: 'a wrapped key belongs to its caller: changing one leaves the next wrap whole',
    negative: true,
    run: async ({ first }) => {
      const dataKey = newDataKey()
      const { wrapped } = await wrapSlot(first, dataKey)
      wrapped.fill(0)
      expectSameBytes(await unwrapSlot(first, await wrapSlot(first, dataKey)), dataKey, 'the next wrap')
    },
  },
  {
    id: 'copies.own-memory',
    proves: 'an unwrapped data key fills its memory alone, no shared pool: wiping it wipes all there is',
    negative: true,
    run: async ({ first }) => {
      const opened = await unwrapSlot(first, await wrapSlot(first, newDataKey()))
      expectThat(opened.buffer.byteLength === opened.length, 'the data key lies in a larger buffer')
    },
  },
  {
    id: 'copies.generated-own-memory',
    proves: 'a generated data key fills its memory alone',
    negative: true,
    needs: need.generation,
    run: async ({ first }) => {
      const { dataKey } = await first.generateDataKey({ context: usualContext })
      expectThat(dataKey.buffer.byteLength === dataKey.length, 'the data key lies in a larger buffer')
    },
  },
]
