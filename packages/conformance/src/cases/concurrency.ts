import { type ConformanceCase, need } from '../conformance-case.ts'
import { keyContext } from '../context.ts'
import { expectRefusal, expectSameBytes, expectThat } from '../expectation.ts'
import { newDataKey, unwrapSlot, wrapSlot } from '../slot.ts'

/** Runs all steps with at most `lanes` of them under way. */
async function inLanes(count: number, lanes: number, step: (index: number) => Promise<void>): Promise<void> {
  let next = 0
  const lane = async (): Promise<void> => {
    while (next < count) await step(next++)
  }
  await Promise.all(Array.from({ length: Math.min(lanes, count) }, lane))
}

/** Many calls at once through one KEK. */
export const concurrencyCases: readonly ConformanceCase[] = [
  {
    id: 'concurrency.hundred-calls',
    proves: '100 round trips side by side, each with its own key and context, get their own answers',
    negative: false,
    run: async ({ first, capabilities }) => {
      await inLanes(100, capabilities.maxConcurrentCalls, async (index) => {
        const dataKey = newDataKey()
        const context = keyContext({ row: String(index) })
        const slot = await wrapSlot(first, dataKey, context)
        expectSameBytes(await unwrapSlot(first, slot, context), dataKey, `call ${index}`)
      })
    },
  },
  {
    id: 'concurrency.declared-maximum',
    proves: 'as many calls as are declared, up to 100, really run at once',
    negative: false,
    run: async ({ first, capabilities }) => {
      const slots = Array.from({ length: Math.min(100, capabilities.maxConcurrentCalls) }, () =>
        wrapSlot(first, newDataKey()),
      )
      await Promise.all(slots)
    },
  },
  {
    id: 'concurrency.failures-apart',
    proves: 'a call that is refused leaves those beside it alone',
    negative: true,
    run: async ({ first, capabilities }) => {
      const dataKey = newDataKey()
      const slot = await wrapSlot(first, dataKey)
      const wrapped = slot.wrapped.map((byte, index) => (index === slot.wrapped.length - 1 ? byte ^ 1 : byte))
      await inLanes(40, capabilities.maxConcurrentCalls, async (index) => {
        if (index % 2 === 0) expectSameBytes(await unwrapSlot(first, slot), dataKey, `call ${index}`)
        else
          await expectRefusal('unwrap-failed', () => unwrapSlot(first, { ...slot, wrapped }), `call ${index}`)
      })
    },
  },
  {
    id: 'concurrency.one-connection',
    proves: 'calls that come while a KEK connects share one connection',
    negative: true,
    abilities: ['calls'],
    run: async ({ anew, stage }) => {
      const cost = async (connections: number): Promise<number> => {
        const kek = anew()
        const before = stage.calls?.() ?? 0
        await Promise.all(Array.from({ length: connections }, () => kek.connect()))
        return (stage.calls?.() ?? 0) - before
      }
      const one = await cost(1)
      expectThat((await cost(20)) === one, 'twenty callers cost more requests than one')
    },
  },
  {
    id: 'concurrency.connected-by-use',
    proves: 'a KEK may be used at once: the first call connects it',
    negative: false,
    run: async ({ first, anew }) => {
      const dataKey = newDataKey()
      const slot = await wrapSlot(first, dataKey)
      const kek = anew()
      const opened = await Promise.all([unwrapSlot(kek, slot), unwrapSlot(kek, slot)])
      for (const one of opened) expectSameBytes(one, dataKey, 'the data key')
    },
  },
  {
    id: 'concurrency.generation',
    proves: 'data keys generated side by side are all different',
    negative: true,
    needs: need.generation,
    run: async ({ first, capabilities }) => {
      const seen = new Set<string>()
      await inLanes(16, capabilities.maxConcurrentCalls, async () => {
        const { dataKey } = await first.generateDataKey({ context: keyContext() })
        seen.add(Buffer.from(dataKey).toString('hex'))
      })
      expectThat(seen.size === 16, 'a data key was given twice')
    },
  },
]
