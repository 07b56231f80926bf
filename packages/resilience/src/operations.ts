import {
  type Capabilities,
  type ErrorCode,
  isKeywrightError,
  type Kek,
  KeywrightError,
} from '@keywright/core/provider'
import { type Evidence, evidenceOf } from './evidence.ts'
import type { Health } from './health.ts'
import type { Policies } from './load-policies.ts'
import type { Policy } from './options.ts'
import { pauseMs } from './pause.ts'
import { type Places, places } from './places.ts'
import { limitTime, withTimeLimit } from './time-limit.ts'

type OperationName = NonNullable<KeywrightError['details']['operation']>

/** One operation at a KEK: what is called, for whom, and what becomes of an answer that is too late. */
export interface Operation<T> {
  readonly name: OperationName
  readonly signal: AbortSignal | undefined
  /** One call; may be repeated, also while an earlier one was given up but still runs. */
  readonly call: (signal: AbortSignal) => Promise<T>
  readonly discard: (late: T) => void
}

/** How far one operation has come. */
interface Progress {
  readonly startedMs: number
  attempts: number
  loggedIn: boolean
  /** How long its tries have waited in vain since the last answer. */
  silentMs: number
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
 * @param policies the breaker
 */
export function operationsWith(kek: Kek, policy: Policy, { breaker }: Policies): Operations {
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

  const begin = (progress: Progress): void => {
    progress.attempts++
    counts.tries++
    if (progress.attempts > 1) counts.retries++
  }

  /** What the error that ended a try says; `late` where the deadline did. */
  const judged = (error: unknown, tookMs: number, late: boolean, progress: Progress): Evidence => {
    progress.silentMs = late || isKeywrightError(error, 'timeout') ? progress.silentMs + tookMs : 0
    const cut = late ? (tookMs >= tryMs / 2 ? 'late' : 'soon') : undefined
    const evidence = evidenceOf(error, { cut, silent: late && progress.silentMs >= deadlineMs / 2 })
    if (evidence === 'down' || evidence === 'gone') {
      lastFailure = isKeywrightError(error, 'unavailable') ? 'unavailable' : 'timeout'
      if (lastFailure === 'timeout') counts.timeouts++
    }
    return evidence
  }

  /** One call behind the breaker, within the time of a try. */
  const guarded = <T>(
    work: Operation<T>['call'],
    signal: AbortSignal,
    discard: Operation<T>['discard'],
    progress: Progress,
  ) => {
    const startedMs = clock.now()
    return circuit.run(
      () => withTimeLimit({ ms: tryMs, clock, signal }, work, discard),
      (error) => {
        const late = signal.aborted && isKeywrightError(signal.reason, 'timeout')
        return judged(error, clock.now() - startedMs, late, progress)
      },
    )
  }

  /** One try: the connection first, where there is none yet, because it tells how many places there are. */
  const tried = async <T>(
    operation: Operation<T>,
    signal: AbortSignal,
    progress: Progress,
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
        progress,
      )
      room ??= places(capabilities)
    }
    return room.run(async () => {
      const refusedMeanwhile = refusal()
      if (refusedMeanwhile !== undefined) throw refusedMeanwhile
      begun()
      return guarded(operation.call, signal, operation.discard, progress)
    }, signal)
  }

  /** Waits until the next try, or throws the error of the last one when there is to be none. */
  const pauseAfter = async (error: unknown, signal: AbortSignal, progress: Progress): Promise<void> => {
    if (signal.aborted || !isKeywrightError(error)) throw error
    const again = error.retry === 'later' || (error.retry === 'after-login' && !progress.loggedIn)
    progress.loggedIn ||= error.retry === 'after-login'
    if (!again || progress.attempts >= policy.attempts) throw error
    const pause = pauseMs(policy, progress.attempts, error.details.retryAfterMs)
    // A pause that ends at the deadline or in front of an open breaker is time lost for the caller.
    const leftMs = progress.startedMs + deadlineMs - clock.now()
    if (pause >= leftMs || pause < circuit.refusesForMs()) throw error
    await clock.sleep(pause, signal).catch(() => {})
    if (signal.aborted) throw error
  }

  const succeeded = <T>(result: T): T => {
    counts.succeeded++
    return result
  }

  const failed = ({ name }: { readonly name: OperationName }, progress: Progress, thrown: unknown): never => {
    counts.failed++
    throw told(thrown, kek, name, progress.attempts)
  }

  /** Tries until one is answered, within what is left of the deadline. */
  const repeated = <T>(
    operation: Operation<T>,
    progress: Progress,
    last?: { error: unknown },
  ): Promise<T> => {
    const tries = async (signal: AbortSignal): Promise<T> => {
      if (last !== undefined) await pauseAfter(last.error, signal, progress)
      for (;;) {
        let begun = false
        const beginOnce = (): void => {
          if (!begun) begin(progress)
          begun = true
        }
        try {
          return await tried(operation, signal, progress, beginOnce)
        } catch (error) {
          if (!begun && !signal.aborted && isKeywrightError(error)) {
            counts.refused++
            throw error
          }
          await pauseAfter(error, signal, progress)
        }
      }
    }
    const spentMs = clock.now() - progress.startedMs
    const limit = { ms: deadlineMs, spentMs, clock, signal: operation.signal }
    return withTimeLimit(limit, tries, operation.discard).then(succeeded, (thrown: unknown) =>
      failed(operation, progress, thrown),
    )
  }

  /**
   * The first try where nothing stands in its way, under one time limit: its own, or what a wait for its place has left
   * of the deadline. Only what comes after it, if anything does, takes the rest of the policy.
   *
   * @param room where this try has taken a place
   */
  const firstTry = <T>(operation: Operation<T>, progress: Progress, { leave }: Places): Promise<T> => {
    begin(progress)
    const beganMs = clock.now()
    const spentMs = beganMs - progress.startedMs
    const leftMs = deadlineMs - spentMs
    const time = leftMs < tryMs ? { ms: deadlineMs, spentMs } : { ms: tryMs }
    const limit = { ...time, clock, signal: operation.signal }
    const afterFailure = async (error: unknown): Promise<T> => {
      const tookMs = clock.now() - beganMs
      const evidence = judged(error, tookMs, leftMs < tryMs && tookMs >= leftMs, progress)
      if (evidence === 'answered') circuit.answered()
      else if (evidence !== 'nothing') await circuit.unanswered()
      // Whoever waits for the place sees what the breaker made of it.
      leave()
      return repeated(operation, progress, { error })
    }
    return new Promise((resolve) => {
      limitTime(limit, operation.call, operation.discard, {
        resolve: (result) => {
          circuit.answered()
          leave()
          resolve(succeeded(result))
        },
        reject: (error) => resolve(afterFailure(error)),
      })
    })
  }

  const isClear = ({ signal }: { readonly signal: AbortSignal | undefined }): boolean =>
    circuit.state() === 'closed' && signal?.aborted !== true

  /** The first try of a call that finds every place taken. */
  const whenPlaced = async <T>(operation: Operation<T>, progress: Progress, room: Places): Promise<T> => {
    try {
      await room.wait({ ms: deadlineMs, clock, signal: operation.signal })
    } catch (error) {
      return failed(operation, progress, error)
    }
    if (isClear(operation)) return firstTry(operation, progress, room)
    room.leave()
    return repeated(operation, progress)
  }

  const run = <T>(operation: Operation<T>): Promise<T> => {
    const progress: Progress = { startedMs: clock.now(), attempts: 0, loggedIn: false, silentMs: 0 }
    counts.operations++
    if (room === undefined || tryMs >= deadlineMs || !isClear(operation)) {
      return repeated(operation, progress)
    }
    return room.take() ? firstTry(operation, progress, room) : whenPlaced(operation, progress, room)
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
