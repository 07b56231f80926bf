/** The time that policies go by. Give one of your own to test without waiting. */
export interface Clock {
  /** Milliseconds since any fixed moment; never goes back. */
  readonly now: () => number
  /**
   * Settles after `ms` milliseconds, or as soon as the signal fires, and then leaves no timer behind. Resolving and
   * rejecting mean the same.
   */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
}

/** The machine's own monotonic time: a wall clock that is set back would hold a breaker open. */
export const systemClock: Clock = {
  now: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal.aborted) return resolve()
      const wake = (): void => {
        clearTimeout(timer)
        signal.removeEventListener('abort', wake)
        resolve()
      }
      const timer = setTimeout(wake, ms)
      signal.addEventListener('abort', wake, { once: true })
    }),
}

/**
 * Wakes once after `ms` milliseconds, unless it is stopped before. Every call has two of these: the machine's own timer
 * spares them the signal and the promise that `sleep` takes.
 *
 * @returns stops it
 */
export function wakeAfter(clock: Clock, ms: number, wake: () => void): () => void {
  if (clock === systemClock) {
    const timer = setTimeout(wake, ms)
    return () => clearTimeout(timer)
  }
  const stopped = new AbortController()
  const unlessStopped = (): void => {
    if (!stopped.signal.aborted) wake()
  }
  clock.sleep(ms, stopped.signal).then(unlessStopped, unlessStopped)
  return () => stopped.abort()
}
