import type { Clock } from '@keywright/resilience'

/** Time that passes when a test says so, while the servers of the test answer in their own. */
export interface SteppedClock extends Clock {
  readonly pass: (ms: number) => void
  /** Sleeps that nothing has ended. */
  readonly sleeping: () => number
}

export function steppedClock(): SteppedClock {
  let nowMs = 0
  const sleepers = new Set<{ readonly atMs: number; readonly wake: () => void }>()
  return {
    now: () => nowMs,
    sleeping: () => sleepers.size,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
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
    pass: (ms) => {
      nowMs += ms
      for (const sleeper of sleepers) if (sleeper.atMs <= nowMs) sleeper.wake()
    },
  }
}
