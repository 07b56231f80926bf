import { secretCopy } from '../crypto/secret-bytes.ts'
import { KeywrightError } from '../errors.ts'
import { limits } from '../limits.ts'
import type { Capabilities, KekDriver, UnwrapResult, WrapResult } from './contract.ts'

/**
 * Believes a wrap only as far as it can be checked: size, key named, version told where the service tells it,
 * an algorithm that the KEK itself would accept.
 *
 * @throws KeywrightError `invalid-response` or `key-mismatch`
 */
export function checkedWrap(answer: WrapResult, driver: KekDriver): WrapResult {
  const { capabilities } = driver
  if (!(answer?.wrapped instanceof Uint8Array)) throw invalid('wrapped')
  if (answer.wrapped.length < 1 || answer.wrapped.length > limits.wrappedBytes) throw invalid('wrapped')
  if (!capabilities.algorithms.includes(answer.algorithm)) throw invalid('algorithm')
  checkKey(answer.answeredKey, driver)
  return {
    wrapped: secretCopy(answer.wrapped),
    answeredKey: answer.answeredKey,
    keyVersion: checkedVersion(answer.keyVersion, capabilities.tellsVersionOnWrap),
    algorithm: answer.algorithm,
  }
}

/**
 * Takes over an unwrapped key: a copy of exactly 32 bytes, the driver's own zero-filled whatever happens.
 *
 * @param answer what the driver returned
 * @param driver the KEK
 * @param askedVersion the slot's version, empty when it tells none
 * @throws KeywrightError `invalid-response` or `key-mismatch`
 */
export function checkedUnwrap(answer: UnwrapResult, driver: KekDriver, askedVersion: string): UnwrapResult {
  const { capabilities } = driver
  const dataKey = takenDataKey(answer)
  try {
    checkKey(answer.answeredKey, driver)
    const keyVersion = checkedVersion(answer.keyVersion, capabilities.tellsVersionOnUnwrap)
    if (keyVersion !== undefined && askedVersion !== '' && keyVersion !== askedVersion) {
      throw new KeywrightError(
        'key-mismatch',
        'the key manager used another key version than the slot names',
        {
          field: 'keyVersion',
        },
      )
    }
    return { dataKey, answeredKey: answer.answeredKey, keyVersion }
  } catch (error) {
    dataKey.fill(0)
    throw error
  }
}

/**
 * Takes over a key that a driver unwrapped or generated: a copy of exactly 32 bytes, the driver's own zero-filled
 * whatever happens.
 *
 * @throws KeywrightError `invalid-response`
 */
export function takenDataKey(answer: { readonly dataKey: Uint8Array }): Uint8Array {
  if (!(answer?.dataKey instanceof Uint8Array)) throw invalid('dataKey')
  try {
    if (answer.dataKey.length !== limits.dataKeyBytes) throw invalid('dataKey')
    return secretCopy(answer.dataKey)
  } finally {
    answer.dataKey.fill(0)
  }
}

function checkKey(answeredKey: string | undefined, driver: KekDriver): void {
  if (answeredKey === undefined) {
    if (driver.capabilities.tellsKey) throw invalid('answeredKey')
    return
  }
  if (typeof answeredKey !== 'string') throw invalid('answeredKey')
  if (!ownsReference(driver, answeredKey)) {
    throw new KeywrightError('key-mismatch', 'the key manager answered for another key than the one asked', {
      field: 'answeredKey',
    })
  }
}

/**
 * Whether a reference names this KEK, by the driver's own rule where it has one. A reference comes from a header: one
 * that the rule trips over is somebody else's, and ends nothing.
 */
export function ownsReference(driver: KekDriver, reference: string): boolean {
  if (driver.owns === undefined) return reference === driver.keyRef
  try {
    // A promise, say, is no yes.
    return driver.owns(reference) === true
  } catch {
    return false
  }
}

function checkedVersion(
  version: string | undefined,
  told: Capabilities['tellsVersionOnWrap'],
): string | undefined {
  if (version === undefined) {
    if (told) throw invalid('keyVersion')
    return undefined
  }
  if (
    typeof version !== 'string' ||
    version === '' ||
    !version.isWellFormed() ||
    Buffer.byteLength(version) > limits.keyVersionBytes
  ) {
    throw invalid('keyVersion')
  }
  return version
}

function invalid(field: string): KeywrightError {
  return new KeywrightError('invalid-response', `the key manager's answer has no valid ${field}`, { field })
}
