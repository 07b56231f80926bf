import { type ErrorCode, isKeywrightError, type KeywrightError } from '@keywright/core'

/** A case found the provider at fault. The message says what was expected and holds nothing secret. */
export class ConformanceFailure extends Error {
  override readonly name = 'ConformanceFailure'
}

/**
 * Fails the case unless the condition holds.
 *
 * @param condition what must be true
 * @param otherwise what it means when it is not
 */
export function expectThat(condition: boolean, otherwise: string): asserts condition {
  if (!condition) throw new ConformanceFailure(otherwise)
}

/** Fails the case unless both hold the same bytes; neither is shown. */
export function expectSameBytes(actual: Uint8Array, expected: Uint8Array, what: string): void {
  expectThat(Buffer.compare(actual, expected) === 0, `${what}: other bytes than expected`)
}

/**
 * Fails the case unless the call is refused with one of the codes.
 *
 * @param codes the codes that are right
 * @param call what must be refused; a synchronous throw counts too
 * @param what names the call in the failure
 * @returns the error, for more questions
 */
export async function expectRefusal(
  codes: ErrorCode | readonly ErrorCode[],
  call: () => unknown,
  what = 'the call',
): Promise<KeywrightError> {
  const allowed: readonly ErrorCode[] = typeof codes === 'string' ? [codes] : codes
  const expected = `${what}: expected ${allowed.join(' or ')}`
  let refusal: unknown
  try {
    await call()
  } catch (error) {
    refusal = error
  }
  expectThat(refusal !== undefined, `${expected}, but it succeeded`)
  expectThat(isKeywrightError(refusal), `${expected}, but what it threw is no KeywrightError`)
  expectThat(allowed.includes(refusal.code), `${expected}, got ${refusal.code}`)
  return refusal
}
