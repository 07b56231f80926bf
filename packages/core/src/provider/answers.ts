import { KeywrightError } from '../errors.ts'
import { limits } from '../limits.ts'
import type { Capabilities, KekDriver, UnwrapResult, WrapResult } from './contract.ts'
import { copyBytes } from './request-copies.ts'

/**
 * Believes a wrap only as far as it can be checked: size, key named, version told where the service tells it,
 * an algorithm that the KEK itself would accept.
 *
 * @throws KeywrightError `invalid-response` or `key-mismatch`
 */
export function checkedWrap(answer: WrapResult, driver: KekDriver): WrapResult {
  const { capabilities } = driver
  if (!(answer.wrapped instanceof Uint8Array)) throw invalid('wrapped')
  if (answer.wrapped.length < 1 || answer.wrapped.length > limits.wrappedBytes) throw invalid('wrapped')
  if (!capabilities.algorithms.includes(answer.algorithm)) throw invalid('algorithm')
  checkKey(answer.answeredKey, driver)
  return {
    wrapped: copyBytes(answer.wrapped),
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
  if (!(answer.dataKey instanceof Uint8Array)) throw invalid('dataKey')
  try {
    if (answer.dataKey.length !== limits.dataKeyBytes) throw invalid('dataKey')
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
    return { dataKey: copyBytes(answer.dataKey), answeredKey: answer.answeredKey, keyVersion }
  } finally {
    answer.dataKey.fill(0)
  }
}

function checkKey(answeredKey: string | undefined, driver: KekDriver): void {
  if (answeredKey === undefined) {
    if (driver.capabilities.tellsKey) throw invalid('answeredKey')
    return
  }
  if (!ownsReference(driver, answeredKey)) {
    throw new KeywrightError('key-mismatch', 'the key manager answered for another key than the one asked', {
      field: 'answeredKey',
    })
  }
}

/** Whether a reference names this KEK, by the driver's own rule where it has one. */
export function ownsReference(driver: KekDriver, reference: string): boolean {
  return driver.owns === undefined ? reference === driver.keyRef : driver.owns(reference)
}

function checkedVersion(
  version: string | undefined,
  told: Capabilities['tellsVersionOnWrap'],
): string | undefined {
  if (version === undefined) {
    if (told) throw invalid('keyVersion')
    return undefined
  }
  if (version === '' || !version.isWellFormed() || Buffer.byteLength(version) > limits.keyVersionBytes) {
    throw invalid('keyVersion')
  }
  return version
}

function invalid(field: string): KeywrightError {
  return new KeywrightError('invalid-response', `the key manager's answer has no valid ${field}`, { field })
}
