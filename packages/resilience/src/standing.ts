import type { ErrorCode, Kek } from '@keywright/core/provider'
import type { Clock } from './clock.ts'
import { health } from './health.ts'

/** How several KEKs have done in a choice between them. */
export interface Standing {
  /**
   * How far a KEK is pushed back: 0 leaves it where the keyring has it, infinity says that it refuses every call now.
   */
  readonly pushedBack: (kek: Kek) => number
  /** It is called: its turn, if it had one, is taken. */
  readonly asked: (kek: Kek) => void
  readonly helped: (kek: Kek) => void
  readonly failed: (kek: Kek, code: ErrorCode) => void
  /** Another one was asked after it and answered before it. */
  readonly overtaken: (kek: Kek) => void
}

interface Setbacks {
  inARow: number
  /** Since when it is pushed back, or when it last had its turn. */
  sinceMs: number
}

/**
 * Remembers who was overtaken or failed, and reads who wears a breaker. Whoever is pushed back has its turn again after
 * a while, for one call: else a key manager that has recovered would never be found out.
 *
 * @param againAfterMs how long until a turn
 */
export function standing(againAfterMs: number, clock: Clock): Standing {
  const known = new WeakMap<Kek, Setbacks>()
  const setbacks = (kek: Kek): Setbacks => {
    const found = known.get(kek) ?? { inARow: 0, sinceMs: clock.now() }
    known.set(kek, found)
    return found
  }
  const setBack = (kek: Kek): void => {
    const own = setbacks(kek)
    own.inARow++
    own.sinceMs = clock.now()
  }
  return {
    pushedBack: (kek) => {
      const seen = health(kek)
      const half = seen?.breaker === 'half-open' ? Number.MAX_SAFE_INTEGER : 0
      const inARow = (known.get(kek)?.inARow ?? 0) + (seen?.failuresInARow ?? 0)
      const refuses = seen !== undefined && seen.refusesForMs > 0
      if (inARow + half === 0 && !refuses) return 0
      const { sinceMs } = setbacks(kek)
      if (refuses) return Number.POSITIVE_INFINITY
      return clock.now() - sinceMs >= againAfterMs ? 0 : Math.max(half, inARow)
    },
    asked: (kek) => {
      const own = known.get(kek)
      if (own !== undefined) own.sinceMs = clock.now()
    },
    helped: (kek) => {
      known.delete(kek)
    },
    failed: (kek, code) => {
      // The breaker of a KEK that wears one has counted it.
      if (health(kek) === undefined && (code === 'unavailable' || code === 'timeout')) setBack(kek)
    },
    overtaken: setBack,
  }
}
