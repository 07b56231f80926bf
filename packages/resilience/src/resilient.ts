import type { Kek } from '@keywright/core/provider'
import { withHealth } from './health.ts'
import { operationsOf } from './lazy-operations.ts'
import { policyOf, type ResilienceOptions } from './options.ts'
import { copiedContext, copiedRequest, wipeDataKey } from './request-copies.ts'

/**
 * Makes a KEK that waits and retries within bounds, and stops calling a key manager that is down. Every operation
 * that calls the key manager goes through it; all of them can be repeated safely.
 *
 * Errors are those of the KEK, with the number of tries in `details.attempts`, and:
 * `timeout` when the deadline or the time of the last try is over; `aborted` when the caller's signal fired;
 * `unavailable` with `details.retryAfterMs` and without a call while the breaker is open.
 * `throttled`, `unavailable`, `timeout` and `conflict` are retried, `unauthenticated` once, others never.
 *
 * @param kek the KEK to call; `close` closes it
 * @param options bounds and times
 * @throws KeywrightError `configuration` for an option out of bounds
 */
export function resilient(kek: Kek, options: ResilienceOptions = {}): Kek {
  const operations = operationsOf(kek, policyOf(options))
  const { connected, run } = operations
  const nothing = (): void => {}

  return withHealth(
    {
      scheme: kek.scheme,
      uri: kek.uri,
      // Once connected, these two make no call: their end would be no evidence, and a breaker must not refuse them.
      connect: async (call = {}) => {
        await connected('connect', call.signal)
        return kek.connect(call)
      },
      owns: async (reference, call = {}) => {
        await connected('connect', call.signal)
        return kek.owns(reference, call)
      },
      wrapKey: async (request) => {
        const own = {
          ...request,
          dataKey: new Uint8Array(request.dataKey),
          context: copiedContext(request.context),
        }
        try {
          return await run({
            name: 'wrapKey',
            signal: request.signal,
            call: (signal) => kek.wrapKey({ ...own, signal }),
            discard: nothing,
          })
        } finally {
          own.dataKey.fill(0)
        }
      },
      unwrapKey: (request) => {
        const own = copiedRequest(request)
        return run({
          name: 'unwrapKey',
          signal: request.signal,
          call: (signal) => kek.unwrapKey({ ...own, signal }),
          discard: wipeDataKey,
        })
      },
      generateDataKey: (request) => {
        const own = { ...request, context: copiedContext(request.context) }
        return run({
          name: 'generateDataKey',
          signal: request.signal,
          call: (signal) => kek.generateDataKey({ ...own, signal }),
          discard: wipeDataKey,
        })
      },
      rewrapKey: (request) => {
        const own = copiedRequest(request)
        return run({
          name: 'rewrapKey',
          signal: request.signal,
          call: (signal) => kek.rewrapKey({ ...own, signal }),
          discard: nothing,
        })
      },
      describeKey: (call = {}) =>
        run({
          name: 'describeKey',
          signal: call.signal,
          call: (signal) => kek.describeKey({ signal }),
          discard: nothing,
        }),
      close: () => kek.close(),
    },
    operations.health,
  )
}
