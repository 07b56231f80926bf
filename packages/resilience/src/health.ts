import type { ErrorCode, Kek } from '@keywright/core/provider'

/** What happened at one KEK since it was made; counts. */
export interface Statistics {
  /** Operations begun; connecting for `connect` or `owns` is one of them. */
  readonly operations: number
  readonly succeeded: number
  readonly failed: number
  /** Calls let through to the KEK, first connections included. */
  readonly tries: number
  /** Tries that were repetitions. */
  readonly retries: number
  /** Tries that ended without an answer in time. */
  readonly timeouts: number
  /** Operations refused because the breaker was open. */
  readonly refused: number
  /** How often the breaker opened. */
  readonly opened: number
}

/** How one KEK is, as its own calls saw it; making it costs no call. */
export interface Health {
  /** `half-open`: the next call is a probe, or one is under way. */
  readonly breaker: 'closed' | 'open' | 'half-open'
  /** Milliseconds until the breaker lets a call through; 0 when it would now. */
  readonly refusesForMs: number
  readonly failuresInARow: number
  /** Code of the last failure that counted against the KEK. */
  readonly lastFailure: ErrorCode | undefined
  /** Calls under way. */
  readonly running: number
  /** Calls that wait for a place. */
  readonly waiting: number
  readonly statistics: Statistics
}

// A registered symbol: copies of this package installed side by side recognise each other's KEKs. A decorator that
// spreads a KEK keeps it.
const healthOf: unique symbol = Symbol.for('keywright.health')

interface Observed {
  readonly [healthOf]?: () => Health
}

/** Adds the view that {@link health} reads. */
export function withHealth(kek: Kek, view: () => Health): Kek {
  return Object.assign(kek, { [healthOf]: view })
}

/**
 * How a KEK is, for a choice between several and for diagnosis. Reads what is known; makes no call and changes nothing.
 *
 * @param kek one that `resilient` returned
 * @returns `undefined` for any other KEK
 */
export function health(kek: Kek & Observed): Health | undefined {
  return kek[healthOf]?.()
}
