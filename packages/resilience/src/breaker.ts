import {
  CircuitState,
  ConsecutiveBreaker,
  circuitBreaker,
  handleWhen,
  type IBackoff,
  type IHalfOpenAfterBackoffContext,
} from 'cockatiel'
import type { Clock } from './clock.ts'
import type { Evidence } from './evidence.ts'

/** One KEK's circuit breaker. */
export interface Breaker {
  readonly state: () => 'closed' | 'open' | 'half-open'
  /** Milliseconds until a call is let through; 0 when one would be now. */
  readonly refusesForMs: () => number
  readonly failuresInARow: () => number
  readonly timesOpened: () => number
  /** Learns that a call was answered that began while the breaker was closed. */
  readonly answered: () => void
  /** Learns that one was not. Who awaits it finds the breaker in its new state. */
  readonly unanswered: () => Promise<void>
  /**
   * Runs a call and learns from its end. Only while {@link Breaker.refusesForMs} is 0, without anything awaited between.
   *
   * @param judge what an error says about the key manager
   */
  readonly run: <T>(call: () => Promise<T>, judge: (error: unknown) => Evidence) => Promise<T>
}

/** Carries an error that is no answer through the library, with what it means there. */
class Unanswered {
  readonly error: unknown
  readonly counts: boolean
  readonly down: boolean

  constructor(error: unknown, down: boolean, probe: boolean) {
    this.error = error
    this.down = down
    // The library takes what does not count for a success of the probe and would close.
    this.counts = down || probe
  }
}

/** Opens after so many failures in a row, or after one that is evidence enough. */
class Verdict extends ConsecutiveBreaker {
  conclusive = false

  override success(): void {
    super.success()
    this.conclusive = false
  }

  override failure(): boolean {
    const enough = super.failure() || this.conclusive
    this.conclusive = false
    return enough
  }
}

/**
 * A breaker that `failures` in a row open for `openMs`, or one that says "gone"; then one call at a time is a probe that closes it, or opens it
 * anew. A probe that ends without evidence leaves the next call to be one.
 *
 * @param probeMs longest time of a probe
 */
export function breaker(options: {
  readonly failures: number
  readonly openMs: number
  readonly probeMs: number
  readonly clock: Clock
}): Breaker {
  const { failures, openMs, probeMs, clock } = options
  const count = new Verdict(failures)
  let openUntil = 0
  let opened = 0
  // The library compares a duration with the wall clock. This one is endless until the given clock says otherwise.
  const period: IBackoff<IHalfOpenAfterBackoffContext> = {
    get duration() {
      return clock.now() < openUntil ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY
    },
    next: ({ result }) => {
      const down = 'error' in result && isDown(result.error)
      openUntil = clock.now() + (down ? openMs : 0)
      if (down) opened++
      return period
    },
  }
  const policy = circuitBreaker(
    handleWhen((thrown: unknown) => thrown instanceof Unanswered && thrown.counts),
    { halfOpenAfter: period, breaker: count },
  )
  return {
    state: () => {
      if (policy.state === CircuitState.Closed) return 'closed'
      return policy.state === CircuitState.Open && clock.now() < openUntil ? 'open' : 'half-open'
    },
    refusesForMs: () => {
      if (policy.state === CircuitState.HalfOpen) return probeMs
      return policy.state === CircuitState.Open ? Math.max(0, openUntil - clock.now()) : 0
    },
    failuresInARow: () => count.state,
    timesOpened: () => opened,
    // What the library does at the end of such a call, without the promises that it takes to wait for one.
    answered: () => count.success(),
    unanswered: async () => {
      if (policy.state !== CircuitState.Closed) {
        // Opened meanwhile: a probe, not an older call, says when it closes.
        count.failure()
        return
      }
      const unanswered = new Unanswered(undefined, true, false)
      await policy.execute(() => Promise.reject(unanswered)).catch(() => {})
    },
    run: async (call, judge) => {
      const attempt = async (): Promise<{ value: Awaited<ReturnType<typeof call>> } | { error: unknown }> => {
        const probe = policy.state === CircuitState.HalfOpen
        try {
          return { value: await call() }
        } catch (error) {
          const evidence = judge(error)
          if (evidence === 'answered') return { error }
          if (evidence === 'gone') count.conclusive = policy.state === CircuitState.Closed
          throw new Unanswered(error, evidence !== 'nothing', probe)
        }
      }
      const end = await policy.execute(attempt).catch((thrown: unknown) => {
        throw thrown instanceof Unanswered ? thrown.error : thrown
      })
      if ('error' in end) throw end.error
      return end.value
    },
  }
}

function isDown(thrown: unknown): boolean {
  return thrown instanceof Unanswered && thrown.down
}
