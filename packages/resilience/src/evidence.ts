import { type ErrorCode, isKeywrightError } from '@keywright/core'

/**
 * What the end of a try says about the key manager: that it answered, that it is down, that it has been silent for a
 * whole operation, or nothing, because the error can have been made on this side without a call.
 */
export type Evidence = 'answered' | 'down' | 'gone' | 'nothing'

const answered: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'access-denied',
  'key-not-found',
  'key-disabled',
  'key-destroyed',
  'key-version-retired',
  'unwrap-failed',
  'throttled',
])

/** How a try ended, as far as its error does not tell. */
export interface TryEnd {
  /**
   * Whether the operation's deadline ended it, after at least half of the time that a try has; one cut sooner, such as
   * after a long wait for a place, is no evidence.
   */
  readonly cut: boolean
  /** Whether the deadline ended it, and its tries waited for at least half of the deadline without an answer. */
  readonly silent: boolean
}

/** Judges an error that a try threw. */
export function evidenceOf(error: unknown, { cut, silent }: TryEnd): Evidence {
  if (!isKeywrightError(error)) return 'nothing'
  if (silent) return 'gone'
  if (error.code === 'unavailable' || error.code === 'timeout' || cut) return 'down'
  return answered.has(error.code) ? 'answered' : 'nothing'
}
