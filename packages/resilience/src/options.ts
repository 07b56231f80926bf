import { KeywrightError } from '@keywright/core/provider'
import { type Clock, systemClock } from './clock.ts'

/** How long and how often a KEK is tried. Every time is in milliseconds, from 1 to 86,400,000 (a day). */
export interface ResilienceOptions {
  /** For one operation with all of its tries, its pauses and its wait for a free place. Default 10,000. */
  readonly deadlineMs?: number | undefined
  /** For one try, from when it has a place. Default 3,000. */
  readonly tryTimeoutMs?: number | undefined
  /** Tries of one operation, the first counted, 1 to 100. Default 4. */
  readonly attempts?: number | undefined
  /** Longest pause before the second try; doubled for each further one. Default 100. */
  readonly baseDelayMs?: number | undefined
  /** What doubling stops at. Default 2,000. */
  readonly maxDelayMs?: number | undefined
  /**
   * Failures in a row that open the breaker, 1 to 10,000. Default 5. A whole operation without an answer opens it at
   * once.
   */
  readonly breakerFailures?: number | undefined
  /** How long an open breaker refuses before it lets one call through. Default 10,000. */
  readonly breakerOpenMs?: number | undefined
  /** The time to go by. Default: the machine's monotonic clock. */
  readonly clock?: Clock | undefined
  /** Draws the jitter: a number from 0 to less than 1. Default: `Math.random`; nothing here is secret. */
  readonly random?: (() => number) | undefined
}

/** Options with every default filled in. */
export interface Policy {
  readonly deadlineMs: number
  readonly tryTimeoutMs: number
  readonly attempts: number
  readonly baseDelayMs: number
  readonly maxDelayMs: number
  readonly breakerFailures: number
  readonly breakerOpenMs: number
  readonly clock: Clock
  readonly random: () => number
}

/** The longest time of an option, in milliseconds. */
export const day = 86_400_000

/**
 * A whole number from 1 to `most`.
 *
 * @throws KeywrightError `configuration` with the option's name in `details.field`
 */
export function within(field: string, value: number, most: number): number {
  if (Number.isInteger(value) && value >= 1 && value <= most) return value
  throw new KeywrightError('configuration', `${field} is a whole number from 1 to ${most}`, { field })
}

/**
 * Fills in the defaults and checks the bounds.
 *
 * @throws KeywrightError `configuration` with the option's name in `details.field`
 */
export function policyOf(options: ResilienceOptions): Policy {
  return {
    deadlineMs: within('deadlineMs', options.deadlineMs ?? 10_000, day),
    tryTimeoutMs: within('tryTimeoutMs', options.tryTimeoutMs ?? 3_000, day),
    attempts: within('attempts', options.attempts ?? 4, 100),
    baseDelayMs: within('baseDelayMs', options.baseDelayMs ?? 100, day),
    maxDelayMs: within('maxDelayMs', options.maxDelayMs ?? 2_000, day),
    breakerFailures: within('breakerFailures', options.breakerFailures ?? 5, 10_000),
    breakerOpenMs: within('breakerOpenMs', options.breakerOpenMs ?? 10_000, day),
    clock: options.clock ?? systemClock,
    random: options.random ?? Math.random,
  }
}
