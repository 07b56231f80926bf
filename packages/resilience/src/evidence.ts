import { type ErrorCode, isKeywrightError } from '@keywright/core'

/**
 * What the end of a try says about the key manager: that it answered, that it is down, or nothing, because the error
 * can have been made on this side without a call.
 */
export type Evidence = 'answered' | 'down' | 'nothing'

const answered: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'access-denied',
  'key-not-found',
  'key-disabled',
  'key-destroyed',
  'key-version-retired',
  'unwrap-failed',
  'throttled',
])

/**
 * Judges an error.
 *
 * @param error what the try threw
 * @param cutByDeadline whether the operation's deadline ended the try, after at least half of the time that a try has;
 *   one cut sooner, such as after a long wait for a place, is no evidence
 */
export function evidenceOf(error: unknown, cutByDeadline: boolean): Evidence {
  if (!isKeywrightError(error)) return 'nothing'
  if (error.code === 'unavailable' || error.code === 'timeout' || cutByDeadline) return 'down'
  return answered.has(error.code) ? 'answered' : 'nothing'
}
