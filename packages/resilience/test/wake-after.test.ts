import { expect, onTestFinished, test, vi } from 'vitest'
import { type Clock, systemClock, wakeAfter } from '../src/clock.ts'

/** A clock whose sleeps end when they are told to, or by their signal. */
function heldClock(): Clock & { readonly end: () => void } {
  const sleeping: (() => void)[] = []
  return {
    now: () => 0,
    sleep: (_, signal) =>
      new Promise((resolve) => {
        sleeping.push(resolve)
        signal.addEventListener('abort', () => resolve())
      }),
    end: () => {
      for (const wake of sleeping) wake()
    },
  }
}

test("the machine's own timer wakes once its time has come, and not when it was stopped before", () => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const woken: string[] = []
  wakeAfter(systemClock, 5, () => woken.push('first'))
  wakeAfter(systemClock, 5, () => woken.push('second'))()
  vi.advanceTimersByTime(4)
  expect(woken).toEqual([])
  vi.advanceTimersByTime(100)
  expect(woken).toEqual(['first'])
  expect(vi.getTimerCount()).toBe(0)
})

test('a clock of the caller wakes by its sleep, which is ended when it is stopped, without waking', async () => {
  const clock = heldClock()
  const woken: string[] = []
  wakeAfter(clock, 5, () => woken.push('first'))
  const stop = wakeAfter(clock, 5, () => woken.push('second'))
  stop()
  clock.end()
  await Promise.resolve()
  await Promise.resolve()
  expect(woken).toEqual(['first'])
})

test('a sleep that rejects wakes like one that resolves', async () => {
  const clock: Clock = { now: () => 0, sleep: () => Promise.reject(new Error('this clock rejects')) }
  const woken: string[] = []
  wakeAfter(clock, 5, () => woken.push('woken'))
  await new Promise((resolve) => setImmediate(resolve))
  expect(woken).toEqual(['woken'])
})
