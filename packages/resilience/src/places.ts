import { type Capabilities, KeywrightError } from '@keywright/core/provider'
import { type TimeLimit, whenOver } from './time-limit.ts'

/** Places for calls at one KEK; whoever finds none waits in a queue, first come, first served. */
export interface Places {
  /** Takes a place, if one is free, until {@link Places.leave}. */
  readonly take: () => boolean
  /** Gives a place back, or to who waits longest. */
  readonly leave: () => void
  /** Takes a place as soon as there is one, within a time: throws `timeout` or `aborted` where none came. */
  readonly wait: (limit: TimeLimit) => Promise<void>
  /** Runs a call as soon as there is a place; a call whose signal fired meanwhile is never run. */
  readonly run: <T>(call: () => Promise<T>, signal: AbortSignal) => Promise<T>
  readonly running: () => number
  readonly waiting: () => number
}

/** Who waits for a place: told of it, answers whether it takes it, which it does not when its caller has gone. */
type Waiter = () => boolean

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
      // The place is handed on, so that nobody who comes now gets it first.
      if (next()) return
    }
    running--
  }
  const handed = (signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      queue.push(() => {
        if (signal.aborted) reject(signal.reason)
        else resolve()
        return !signal.aborted
      })
    })
  return {
    take,
    leave,
    wait: (limit) =>
      new Promise((resolve, reject) => {
        const inTime = whenOver(limit, reject)
        queue.push(() => {
          const takes = inTime()
          if (takes) resolve()
          return takes
        })
      }),
    run: async (call, signal) => {
      if (!take()) await handed(signal)
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
