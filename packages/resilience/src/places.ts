import { type Capabilities, KeywrightError } from '@keywright/core'
import { type BulkheadPolicy, bulkhead } from 'cockatiel'

/** Places for calls at one KEK; whoever finds none waits in a queue, first come, first served. */
export interface Places {
  /** Runs a call as soon as there is a place; a call whose signal fired meanwhile is never run. */
  readonly run: <T>(call: () => Promise<T>, signal: AbortSignal) => Promise<T>
  readonly running: () => number
  readonly waiting: () => number
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
  const queue = Number.MAX_SAFE_INTEGER
  const policy: BulkheadPolicy = bulkhead(maxConcurrentCalls, queue)
  return {
    run: (call, signal) => policy.execute(call, signal),
    running: () => maxConcurrentCalls - policy.executionSlots,
    waiting: () => queue - policy.queueSlots,
  }
}
