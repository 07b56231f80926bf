import { onTestFinished, vi } from 'vitest'

/** The time of a policy around a KEK, which stands still until it is moved. */
export interface TestClock {
  /** Milliseconds since the clock was made. */
  readonly now: () => number
  /** Settles once the clock was moved so far, or as soon as the signal fires. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
  /** Settles when somebody sleeps for so long, in milliseconds, or for less. */
  readonly asleep: (atMost: number) => Promise<void>
  /** Moves on, and wakes whose time has come. */
  readonly move: (ms: number) => void
}

/** Also the machine's monotonic clock for the time of one test, for core measures by that how long a connection takes. */
export function testClock(): TestClock {
  let nowMs = 0
  const sleepers = new Set<{ readonly until: number; readonly wake: () => void }>()
  const waiting = new Set<() => void>()
  const spy = vi.spyOn(performance, 'now').mockImplementation(() => nowMs)
  onTestFinished(() => spy.mockRestore())
  return {
    now: () => nowMs,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        const sleeper = {
          until: nowMs + ms,
          wake: () => {
            sleepers.delete(sleeper)
            resolve()
          },
        }
        if (signal.aborted) return resolve()
        signal.addEventListener('abort', sleeper.wake, { once: true })
        sleepers.add(sleeper)
        for (const tell of waiting) tell()
      }),
    asleep: (atMost) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (![...sleepers].some(({ until }) => until - nowMs <= atMost)) return
          waiting.delete(look)
          resolve()
        }
        waiting.add(look)
        look()
      }),
    move: (ms) => {
      nowMs += ms
      for (const { until, wake } of sleepers) if (until <= nowMs) wake()
    },
  }
}
