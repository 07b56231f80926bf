import { KeywrightError } from '@keywright/core/provider'
import { type Clock, wakeAfter } from './clock.ts'

/** What ends a piece of work from outside. */
export interface TimeLimit {
  readonly ms: number
  /** How much of that time is over already. Default 0. */
  readonly spentMs?: number | undefined
  readonly clock: Clock
  readonly signal?: AbortSignal | undefined
}

/** Who learns of the end, once. */
export interface Waiting<T> {
  readonly resolve: (result: T) => void
  readonly reject: (error: unknown) => void
}

/**
 * Settles with the work, when the time is over, or as soon as the signal fires, whichever comes first; then no timer
 * and no listener is left. The work has a signal of its own, whose reason is the error that ended it.
 *
 * @param limit the time, and the signal of whoever waits
 * @param work must not throw before it returns its promise
 * @param discard receives a result that came too late, to wipe what it holds
 * @throws KeywrightError `timeout` when the time is over, `aborted` when the signal fired; else what the work threw
 */
export function withTimeLimit<T>(
  limit: TimeLimit,
  work: (signal: AbortSignal) => Promise<T>,
  discard: (late: T) => void,
): Promise<T> {
  return new Promise((resolve, reject) => limitTime(limit, work, discard, { resolve, reject }))
}

/** {@link withTimeLimit} without a promise of its own, for the one who makes one anyway. */
export function limitTime<T>(
  limit: TimeLimit,
  work: (signal: AbortSignal) => Promise<T>,
  discard: (late: T) => void,
  { resolve, reject }: Waiting<T>,
): void {
  const working = new AbortController()
  const inTime = whenOver(limit, (error) => {
    reject(error)
    working.abort(error)
  })
  if (limit.signal?.aborted) return
  work(working.signal).then(
    (result) => {
      if (inTime()) resolve(result)
      else discard(result)
    },
    (error: unknown) => {
      if (inTime()) reject(error)
    },
  )
}

/**
 * Calls once when the time is over or the signal fires; at once, where it has fired.
 *
 * @param giveUp gets `timeout` or `aborted`
 * @returns ends it, with its timer and its listener; `true` when that was in time
 */
export function whenOver(
  { ms, spentMs = 0, clock, signal }: TimeLimit,
  giveUp: (error: KeywrightError) => void,
): () => boolean {
  let over = false
  let stopTimer: (() => void) | undefined
  const end = (): boolean => {
    if (over) return false
    over = true
    signal?.removeEventListener('abort', onAbort)
    stopTimer?.()
    return true
  }
  const onAbort = (): void => {
    if (end()) giveUp(new KeywrightError('aborted', 'the caller aborted the call'))
  }
  const onTime = (): void => {
    if (end()) giveUp(new KeywrightError('timeout', `no answer within ${ms} ms`))
  }
  if (signal?.aborted) {
    onAbort()
    return end
  }
  signal?.addEventListener('abort', onAbort, { once: true })
  stopTimer = wakeAfter(clock, Math.max(0, ms - spentMs), onTime)
  return end
}
