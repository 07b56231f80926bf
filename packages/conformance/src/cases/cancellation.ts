import { getEventListeners } from 'node:events'
import { type ConformanceCase, need, type Scene } from '../conformance-case.ts'
import { expectRefusal, expectSameBytes, expectThat } from '../expectation.ts'
import { everythingShown, expectNoSecret } from '../secret-watch.ts'
import { newDataKey, unwrapSlot, usualContext, type WrappedSlot, wrapSlot } from '../slot.ts'

type Calls = readonly (readonly [string, (signal: AbortSignal) => Promise<unknown>])[]

/** Every call that this KEK declares, ready to be cancelled. */
function callsOf({ first, capabilities }: Scene, slot: WrappedSlot): Calls {
  const context = usualContext
  return [
    ['wrapKey', (signal) => first.wrapKey({ dataKey: newDataKey(), context, signal })],
    ['unwrapKey', (signal) => first.unwrapKey({ ...slot, context, signal })],
    ['describeKey', (signal) => first.describeKey({ signal })],
    ...(capabilities.generatesDataKeys
      ? ([['generateDataKey', (signal) => first.generateDataKey({ context, signal })]] as Calls)
      : []),
  ]
}

/** The caller's signal: before, during, after, and what it must not do to others. */
export const cancellationCases: readonly ConformanceCase[] = [
  {
    id: 'cancellation.before',
    proves: 'a signal that has fired refuses every call',
    negative: true,
    run: async (scene) => {
      const slot = await wrapSlot(scene.first, newDataKey())
      for (const [name, call] of callsOf(scene, slot)) {
        await expectRefusal('aborted', () => call(AbortSignal.abort()), name)
      }
      await expectRefusal('aborted', () => scene.anew().connect({ signal: AbortSignal.abort() }), 'connect')
    },
  },
  {
    id: 'cancellation.before-no-call',
    proves: 'a call whose signal has fired makes no request',
    negative: true,
    abilities: ['calls'],
    run: async (scene) => {
      const slot = await wrapSlot(scene.first, newDataKey())
      const before = scene.stage.calls?.()
      for (const [name, call] of callsOf(scene, slot)) {
        await expectRefusal('aborted', () => call(AbortSignal.abort()), name)
      }
      expectThat(scene.stage.calls?.() === before, 'a cancelled call made a request')
    },
  },
  {
    id: 'cancellation.during',
    proves: 'a signal that fires while a call is under way ends it',
    negative: true,
    run: async (scene) => {
      const slot = await wrapSlot(scene.first, newDataKey())
      for (const [name, call] of callsOf(scene, slot)) {
        const controller = new AbortController()
        const work = call(controller.signal)
        controller.abort()
        await expectRefusal('aborted', () => work, name)
      }
    },
  },
  {
    id: 'cancellation.hanging',
    proves: 'a key manager that never answers does not keep a caller who gives up',
    negative: true,
    abilities: ['fault:hang', 'calls'],
    run: async (scene) => {
      const { stage } = scene
      const slot = await wrapSlot(scene.first, newDataKey())
      stage.faults?.hang?.()
      for (const [name, call] of callsOf(scene, slot)) {
        const controller = new AbortController()
        const before = stage.calls?.() ?? 0
        const work = call(controller.signal)
        work.catch(() => {})
        while ((stage.calls?.() ?? 0) === before) await new Promise((resolve) => setImmediate(resolve))
        controller.abort()
        await expectRefusal('aborted', () => work, name)
      }
    },
  },
  {
    id: 'cancellation.no-listener-left',
    proves: 'a finished call leaves no listener on the signal: one signal may serve thousands of calls',
    negative: true,
    run: async (scene) => {
      const slot = await wrapSlot(scene.first, newDataKey())
      const { signal } = new AbortController()
      for (const [name, call] of callsOf(scene, slot)) {
        await call(signal)
        expectThat(getEventListeners(signal, 'abort').length === 0, `${name} left a listener`)
      }
    },
  },
  {
    id: 'cancellation.others-go-on',
    proves: 'a caller who gives up while a KEK connects does not fail the others who wait for it',
    negative: true,
    run: async ({ first, anew }) => {
      const dataKey = newDataKey()
      const slot = await wrapSlot(first, dataKey)
      const kek = anew()
      const controller = new AbortController()
      const impatient = kek.connect({ signal: controller.signal })
      const patient = unwrapSlot(kek, slot)
      controller.abort()
      await expectRefusal('aborted', () => impatient, 'the one who gave up')
      expectSameBytes(await patient, dataKey, 'the one who waited')
    },
  },
  {
    id: 'cancellation.reason-kept-out',
    proves: "the signal's reason, which is the caller's own, does not show in the error",
    negative: true,
    run: async ({ first }) => {
      const secret = 'reason-7c1f40e2'
      const signal = AbortSignal.abort(new Error(secret))
      const call = (): Promise<unknown> =>
        first.wrapKey({ dataKey: newDataKey(), context: usualContext, signal })
      const error = await expectRefusal('aborted', call)
      expectNoSecret(everythingShown(error), [secret], 'in the error')
    },
  },
  {
    id: 'cancellation.usable-after',
    proves: 'a KEK works on after a cancelled call',
    negative: false,
    run: async ({ first }) => {
      const controller = new AbortController()
      const call = first.wrapKey({ dataKey: newDataKey(), context: usualContext, signal: controller.signal })
      controller.abort()
      await call.catch(() => {})
      const dataKey = newDataKey()
      expectSameBytes(await unwrapSlot(first, await wrapSlot(first, dataKey)), dataKey, 'the data key')
    },
  },
  {
    id: 'cancellation.rewrap',
    proves: 'a server-side rewrap obeys the signal too',
    negative: true,
    needs: need.rewrap,
    run: async ({ first, second }) => {
      const slot = await wrapSlot(second, newDataKey())
      const signal = AbortSignal.abort()
      await expectRefusal('aborted', () => first.rewrapKey({ ...slot, context: usualContext, signal }))
    },
  },
]
