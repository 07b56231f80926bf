import { expect } from 'vitest'
import { type ErrorCode, isKeywrightError, type KeywrightError } from '../src/index.ts'

/** The error that a call ended in; fails the test when it did not end in one of ours. */
export async function errorOf(work: Promise<unknown> | (() => unknown)): Promise<KeywrightError> {
  let caught: unknown
  try {
    await (typeof work === 'function' ? work() : work)
  } catch (error) {
    caught = error
  }
  expect(caught, 'the call is refused').toBeDefined()
  if (!isKeywrightError(caught)) throw new Error('another error than ours came out', { cause: caught })
  return caught
}

/** The code that a call was refused with. */
export async function codeOf(work: Promise<unknown> | (() => unknown)): Promise<ErrorCode> {
  return (await errorOf(work)).code
}

/** The code that a call was refused with, or `ok`; an error that is not ours fails the test. */
export async function outcomeOf(work: Promise<unknown>): Promise<ErrorCode | 'ok'> {
  try {
    await work
    return 'ok'
  } catch (error) {
    if (!isKeywrightError(error)) throw new Error('another error than ours came out', { cause: error })
    return error.code
  }
}
