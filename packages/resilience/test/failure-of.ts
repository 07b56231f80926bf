import { isKeywrightError, type KeywrightError } from '@keywright/core'

/** The Keywright error that a call ends with; fails the test when it succeeds or ends otherwise. */
export async function failureOf(work: Promise<unknown>): Promise<KeywrightError> {
  try {
    await work
  } catch (error) {
    if (isKeywrightError(error)) return error
    throw error
  }
  throw new Error('it succeeded')
}
