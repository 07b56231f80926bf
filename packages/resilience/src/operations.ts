import {
  type Capabilities,
  type ErrorCode,
  isKeywrightError,
  type Kek,
  KeywrightError,
} from '@keywright/core'
import { evidenceOf } from './evidence.ts'
import type { Health } from './health.ts'
import type { Policies } from './load-policies.ts'
import type { Policy } from './options.ts'
import { pauseMs } from './pause.ts'
import type { Places } from './places.ts'
import { withTimeLimit } from './time-limit.ts'

type OperationName = NonNullable<KeywrightError['details']['operation']>

/** One operation at a KEK: what is called, for whom, and what becomes of an answer that is too late. */
export interface Operation<T> {
  readonly name: OperationName
  readonly signal: AbortSignal | undefined
  /** One call; may be repeated, also while an earlier one was given up but still runs. */
  readonly call: (signal: AbortSignal) => Promise<T>
  readonly discard: (late: T) => void
}

/** How long the tries of one operation have waited in vain since the last answer, in milliseconds. */
interface Silence {
  ms: number
}

/** Runs the operations of one KEK under its policy. */
export interface Operations {
  /** Connects under the policy, unless that has been done. */
  readonly connected: (name: OperationName, signal: AbortSignal | undefined) => Promise<void>
  readonly run: <T>(operation: Operation<T>) => Promise<T>
  readonly health: () => Health
}

/**
 * The policy at one KEK. From outside to inside: deadline, tries, a place, breaker, time of a try. So a pause holds no
 * place, and a wait for a place is not taken for slowness of the key manager.
 *
 * @param policies the breaker and the queue
 */
export function operationsWith(kek: Kek, policy: Policy, { breaker, places }: Policies): Operations {
  const { clock, deadlineMs } = policy
  const tryMs = Math.min(policy.tryTimeoutMs, deadlineMs)
  const circuit = breaker({
    failures: policy.breakerFailures,
    openMs: policy.breakerOpenMs,
    probeMs: tryMs,
    clock,
  })
  const counts = { operations: 0, succeeded: 0, failed: 0, tries: 0, retries: 0, timeouts: 0, refused: 0 }
  let lastFailure: ErrorCode | undefined
  let room: Places | undefined

  const refusal = (): KeywrightError | undefined => {
    const retryAfterMs = circuit.refusesForMs()
    if (retryAfterMs === 0) return undefined
    return new KeywrightError('unavailable', 'not called: this key failed too often of late', {
      retryAfterMs,
    })
  }

  /** One call behind the breaker, within the time of a try. */
  const guarded = <T>(
    work: Operation<T>['call'],
    signal: AbortSignal,
    discard: Operation<T>['discard'],
    silence: Silence,
  ) => {
    const startedMs = clock.now()
    return circuit.run(
      () => withTimeLimit({ ms: tryMs, clock, signal }, work, discard),
      (error) => {
        const late = signal.aborted && isKeywrightError(signal.reason, 'timeout')
        const tookMs = clock.now() - startedMs
        silence.ms = late || isKeywrightError(error, 'timeout') ? silence.ms + tookMs : 0
        const cut = late && tookMs >= tryMs / 2
        const evidence = evidenceOf(error, { cut, silent: late && silence.ms >= deadlineMs / 2 })
        if (evidence === 'down' || evidence === 'gone') {
          lastFailure = isKeywrightError(error, 'unavailable') ? 'unavailable' : 'timeout'
          if (lastFailure === 'timeout') counts.timeouts++
        }
        return evidence
      },
    )
  }

  /** One try: the connection first, where there is none yet, because it tells how many places there are. */
  const tried = async <T>(
    operation: Operation<T>,
    signal: AbortSignal,
    silence: Silence,
    begun: () => void,
  ): Promise<T> => {
    const refused = refusal()
    if (refused !== undefined) throw refused
    if (room === undefined) {
      begun()
      const { capabilities } = await guarded<{ capabilities: Capabilities }>(
        (trySignal) => kek.connect({ signal: trySignal }),
        signal,
        () => {},
        silence,
      )
      room ??= places(capabilities)
    }
    return room.run(async () => {
      const refusedMeanwhile = refusal()
      if (refusedMeanwhile !== undefined) throw refusedMeanwhile
      begun()
      return guarded(operation.call, signal, operation.discard, silence)
    }, signal)
  }

  const run = async <T>(operation: Operation<T>): Promise<T> => {
    let attempts = 0
    const endsAtMs = clock.now() + deadlineMs
    counts.operations++

    const repeated = async (signal: AbortSignal): Promise<T> => {
      let loggedIn = false
      const silence: Silence = { ms: 0 }
      for (;;) {
        let begun = false
        const begin = (): void => {
          if (begun) return
          begun = true
          attempts++
          counts.tries++
          if (attempts > 1) counts.retries++
        }
        try {
          return await tried(operation, signal, silence, begin)
        } catch (error) {
          if (signal.aborted || !isKeywrightError(error)) throw error
          if (!begun) {
            counts.refused++
            throw error
          }
          const again = error.retry === 'later' || (error.retry === 'after-login' && !loggedIn)
          loggedIn ||= error.retry === 'after-login'
          if (!again || attempts >= policy.attempts) throw error
          const pause = pauseMs(policy, attempts, error.details.retryAfterMs)
          // A pause that ends at the deadline or in front of an open breaker is time lost for the caller.
          if (pause >= endsAtMs - clock.now() || pause < circuit.refusesForMs()) throw error
          await clock.sleep(pause, signal).catch(() => {})
          if (signal.aborted) throw error
        }
      }
    }

    try {
      const limit = { ms: deadlineMs, clock, signal: operation.signal }
      const result = await withTimeLimit(limit, repeated, operation.discard)
      counts.succeeded++
      return result
    } catch (error) {
      counts.failed++
      throw told(error, kek, operation.name, attempts)
    }
  }

  return {
    connected: async (name, signal) => {
      if (room === undefined) await run({ name, signal, call: async () => {}, discard: () => {} })
    },
    run,
    health: () => ({
      breaker: circuit.state(),
      refusesForMs: circuit.refusesForMs(),
      failuresInARow: circuit.failuresInARow(),
      lastFailure,
      running: room?.running() ?? 0,
      waiting: room?.waiting() ?? 0,
      statistics: { ...counts, opened: circuit.timesOpened() },
    }),
  }
}

/** The error that leaves: the KEK's own record with the number of tries. What is not one of ours is dropped, not attached. */
function told(error: unknown, kek: Kek, operation: OperationName, attempts: number): KeywrightError {
  const record = { provider: kek.scheme, operation, key: kek.uri }
  if (!isKeywrightError(error)) {
    return new KeywrightError('unknown', `${operation} failed in an unexpected way`, { ...record, attempts })
  }
  return new KeywrightError(error.code, error.message, { ...record, ...error.details, attempts })
}
