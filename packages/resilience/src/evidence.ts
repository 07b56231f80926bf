import { type ErrorCode, isKeywrightError } from '@keywright/core/provider'

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
   * Where the operation's deadline ended it: after at least half of the time that a try has, or sooner, such as after a
   * long wait for a place, which is no evidence.
   */
  readonly cut: 'late' | 'soon' | undefined
  /** Whether the deadline ended it, and its tries waited for at least half of the deadline without an answer. */
  readonly silent: boolean
}

/** Judges an error that a try threw. */
export function evidenceOf(error: unknown, { cut, silent }: TryEnd): Evidence {
  if (!isKeywrightError(error)) return 'nothing'
  if (silent) return 'gone'
  if (cut === 'soon') return 'nothing'
  if (error.code === 'unavailable' || error.code === 'timeout' || cut === 'late') return 'down'
  return answered.has(error.code) ? 'answered' : 'nothing'
}
