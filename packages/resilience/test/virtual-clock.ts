import { setImmediate } from 'node:timers/promises'
import type { Clock } from '../src/index.ts'
import { loadPolicies } from '../src/load-policies.ts'

// Reading a module is no microtask: done before, nothing in a test waits for it.
await loadPolicies()

/** Time that passes only when everything waits for it. */
export interface VirtualClock extends Clock {
  /** Runs until the promise settles; time jumps from one wake-up to the next. */
  readonly run: <T>(work: Promise<T>) => Promise<T>
  /** Lets time pass, with whatever wakes up in it. */
  readonly pass: (ms: number) => Promise<void>
  /** Sleeps that nothing has ended. */
  readonly sleeping: () => number
  /** Length of every sleep asked for, in order. */
  readonly asked: readonly number[]
}

export function virtualClock(): VirtualClock {
  let nowMs = 0
  const asked: number[] = []
  const sleepers = new Set<{ readonly atMs: number; readonly wake: () => void }>()
  // Everything in these tests that is not a sleep is a microtask, or the import of a module that was loaded before.
  const settle = async (): Promise<void> => {
    await setImmediate()
    await setImmediate()
  }
  const next = (): { readonly atMs: number; readonly wake: () => void } | undefined =>
    [...sleepers].sort((a, b) => a.atMs - b.atMs)[0]

  return {
    asked,
    now: () => nowMs,
    sleeping: () => sleepers.size,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        asked.push(ms)
        if (signal.aborted) return resolve()
        const sleeper = {
          atMs: nowMs + ms,
          wake: () => {
            sleepers.delete(sleeper)
            resolve()
          },
        }
        sleepers.add(sleeper)
        signal.addEventListener('abort', sleeper.wake, { once: true })
      }),
    run: async (work) => {
      let settled = false
      const end = (): void => {
        settled = true
      }
      work.then(end, end)
      for (;;) {
        await settle()
        if (settled) return work
        const first = next()
        if (first === undefined) throw new Error('everything waits, and nothing will wake it')
        nowMs = first.atMs
        first.wake()
      }
    },
    pass: async (ms) => {
      const untilMs = nowMs + ms
      await settle()
      for (let first = next(); first !== undefined && first.atMs <= untilMs; first = next()) {
        nowMs = first.atMs
        first.wake()
        await settle()
      }
      nowMs = untilMs
    },
  }
}
