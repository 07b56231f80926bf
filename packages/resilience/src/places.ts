import { type Capabilities, KeywrightError } from '@keywright/core'

/** Places for calls at one KEK; whoever finds none waits in a queue, first come, first served. */
export interface Places {
  /** Takes a place, if one is free, until {@link Places.leave}. */
  readonly take: () => boolean
  /** Gives a place back, or to who waits longest. */
  readonly leave: () => void
  /** Runs a call as soon as there is a place; a call whose signal fired meanwhile is never run. */
  readonly run: <T>(call: () => Promise<T>, signal: AbortSignal) => Promise<T>
  readonly running: () => number
  readonly waiting: () => number
}

/** Who waits for a place. */
interface Waiter {
  readonly signal: AbortSignal
  /** Whether there is a place now; `false` when its caller has gone. */
  readonly wake: (place: boolean) => void
}

/**
 * As many places as the KEK can use at once. The queue has no bound of its own: the deadline of each call is one.
 *
 * @throws KeywrightError `configuration` when the KEK declares no place at all
 */
export function places({ maxConcurrentCalls }: Capabilities): Places {
  if (!(maxConcurrentCalls >= 1)) {
    throw new KeywrightError('configuration', 'a key must take at least one call at a time', {
      field: 'maxConcurrentCalls',
    })
  }
  const queue: Waiter[] = []
  let running = 0
  const take = (): boolean => {
    if (running >= maxConcurrentCalls) return false
    running++
    return true
  }
  const leave = (): void => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      next.wake(!next.signal.aborted)
      // The place is handed on, so that nobody who comes now gets it first.
      if (!next.signal.aborted) return
    }
    running--
  }
  return {
    take,
    leave,
    run: async (call, signal) => {
      const placed = take() || (await new Promise<boolean>((wake) => queue.push({ signal, wake })))
      if (!placed) throw signal.reason
      try {
        signal.throwIfAborted()
        return await call()
      } finally {
        leave()
      }
    },
    running: () => running,
    waiting: () => queue.length,
  }
}
