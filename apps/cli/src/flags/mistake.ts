import { KeywrightError } from '@keywright/core'

/**
 * A flag or an argument that cannot be used.
 *
 * @param field the flag or argument as the user writes it
 * @param message what is wrong and what is allowed
 */
export function mistake(field: string, message: string): KeywrightError {
  return new KeywrightError('invalid-argument', message, { field })
}
