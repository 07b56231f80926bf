import type { KeywrightError } from '../errors.ts'
import type { KekDriver } from './contract.ts'

/** Errors of who waits in vain. */
interface Refusals {
  /** The KEK was closed. */
  readonly closed: () => KeywrightError
  /** No answer came, and two attempts have begun since. */
  readonly silent: () => KeywrightError
}

/** How long callers join an attempt to connect, in milliseconds; a policy's default try takes longer. */
const joinableMs = 2_000
/** Attempts under way at once. */
const attemptsAtOnce = 2

/** The connection of one KEK, made when it is first wanted. */
export interface Connection {
  /** The driver where it is there, else the promise of it. Throws what closes the KEK for ever. */
  readonly driver: () => KekDriver | Promise<KekDriver>
  /** Lets go of who waits, and closes the driver, also one that comes later, without waiting for that. */
  readonly close: () => Promise<void>
}

interface Attempt {
  readonly startedMs: number
  readonly given: AbortController
  readonly waiting: PromiseWithResolvers<KekDriver>
}

/**
 * Connects once for all who call meanwhile. No caller's signal ends an attempt: one who gives up must not fail the others,
 * and what a slow credential source has begun would begin anew with each. But one that gets no answer must not be the
 * last: who comes after {@link joinableMs} begins another beside it, and whichever is answered first serves all.
 *
 * @param connect makes the driver; its signal fires when nobody wants it any more
 * @param now milliseconds of a monotonic clock
 */
export function connectionOf(
  connect: (signal: AbortSignal) => Promise<KekDriver>,
  { closed, silent }: Refusals,
  now: () => number,
): Connection {
  const attempts: Attempt[] = []
  let ready: KekDriver | undefined
  let over = false

  /** Takes an attempt off the list; `false` where another has ended it. */
  const end = (attempt: Attempt): boolean => {
    const at = attempts.indexOf(attempt)
    if (at >= 0) attempts.splice(at, 1)
    return at >= 0
  }
  const giveUp = (attempt: Attempt, error: KeywrightError): void => {
    end(attempt)
    attempt.given.abort(error)
    attempt.waiting.reject(error)
  }
  const begin = (): Attempt => {
    const waiting = Promise.withResolvers<KekDriver>()
    const attempt = { startedMs: now(), given: new AbortController(), waiting }
    // Whoever began it may have gone.
    waiting.promise.catch(() => {})
    attempts.push(attempt)
    connect(attempt.given.signal).then(
      (made) => {
        if (!end(attempt)) {
          made.close().catch(() => {})
          return
        }
        ready = made
        waiting.resolve(made)
        for (const other of attempts.splice(0)) {
          other.waiting.resolve(made)
          other.given.abort()
        }
      },
      (error: unknown) => {
        end(attempt)
        waiting.reject(error)
      },
    )
    return attempt
  }

  return {
    driver: () => {
      if (over) throw closed()
      if (ready !== undefined) return ready
      const newest = attempts.at(-1)
      if (newest !== undefined && now() - newest.startedMs < joinableMs) return newest.waiting.promise
      const [oldest] = attempts
      if (oldest !== undefined && attempts.length === attemptsAtOnce) {
        giveUp(oldest, silent())
      }
      return begin().waiting.promise
    },
    close: async () => {
      if (over) return
      over = true
      for (const attempt of [...attempts]) giveUp(attempt, closed())
      await ready?.close()
    },
  }
}
