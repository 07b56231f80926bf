import { type ConformanceCase, need } from '../conformance-case.ts'
import { expectRefusal, expectSameBytes, expectThat } from '../expectation.ts'
import { newDataKey, unwrapSlot, usualContext, wrapSlot } from '../slot.ts'

/** From making a KEK to closing it. */
export const lifetimeCases: readonly ConformanceCase[] = [
  {
    id: 'lifetime.lazy',
    proves: 'making a KEK makes no request',
    negative: true,
    abilities: ['calls'],
    run: async ({ anew, stage }) => {
      const before = stage.calls?.()
      const kek = anew()
      await new Promise((resolve) => setImmediate(resolve))
      expectThat(stage.calls?.() === before, 'a request was made before the first use')
      await kek.close()
      expectThat(stage.calls?.() === before, 'closing an unused KEK made a request')
    },
  },
  {
    id: 'lifetime.failed-connect',
    proves: 'a connection that failed may be tried again',
    negative: false,
    abilities: ['fault:connect-fails-once'],
    run: async ({ anew, stage }) => {
      const kek = anew()
      stage.faults?.['connect-fails-once']?.()
      await expectRefusal('unavailable', () => kek.connect())
      await wrapSlot(kek, newDataKey())
    },
  },
  {
    id: 'lifetime.use-after-close',
    proves: 'a closed KEK refuses every call as a mistake of its owner',
    negative: true,
    run: async ({ first, reference }) => {
      const slot = await wrapSlot(first, newDataKey())
      await first.close()
      const context = usualContext
      await expectRefusal('configuration', () => first.wrapKey({ dataKey: newDataKey(), context }), 'wrapKey')
      await expectRefusal('configuration', () => unwrapSlot(first, slot), 'unwrapKey')
      await expectRefusal('configuration', () => first.describeKey(), 'describeKey')
      await expectRefusal('configuration', () => first.connect(), 'connect')
      await expectRefusal('configuration', () => first.owns(reference), 'owns')
    },
  },
  {
    id: 'lifetime.optional-after-close',
    proves: 'a closed KEK generates no data key',
    negative: true,
    needs: need.generation,
    run: async ({ first }) => {
      await first.close()
      await expectRefusal('configuration', () => first.generateDataKey({ context: usualContext }))
    },
  },
  {
    id: 'lifetime.closed-unused',
    proves: 'a KEK that was never used closes, and stays closed',
    negative: true,
    run: async ({ anew }) => {
      const kek = anew()
      await kek.close()
      await expectRefusal('configuration', () => kek.connect())
    },
  },
  {
    id: 'lifetime.closed-twice',
    proves: 'closing twice is as good as once',
    negative: false,
    run: async ({ first }) => {
      await first.close()
      await first.close()
    },
  },
  {
    id: 'lifetime.others-stay-open',
    proves: 'closing one KEK leaves another over the same key working',
    negative: false,
    run: async ({ first, anew }) => {
      const dataKey = newDataKey()
      const slot = await wrapSlot(first, dataKey)
      const other = anew()
      await other.connect()
      await first.close()
      expectSameBytes(await unwrapSlot(other, slot), dataKey, 'the data key')
    },
  },
]
