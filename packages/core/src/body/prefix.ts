import { goOn } from '../crypto/go-on.ts'
import { type Awaitable, equalBytes, type MacKey } from '../crypto/primitives.ts'
import { drawSalt } from '../crypto/salt-pool.ts'
import { limits } from '../limits.ts'
import { type BodyKeys, deriveBody } from './derive.ts'
import { bodyPrefixBytes, truncatedBody, unauthenticBody } from './sizes.ts'

/**
 * Begins a body: derives its keys for a salt and writes salt ‖ commitment.
 *
 * @param key the DEK, see `importDataKey`
 * @param context bytes that are bound to the body
 * @param prefix receives the first 56 bytes of the body
 * @param salt 24 bytes, never used before with this key; absent, and in every use but test vectors, they are drawn
 * @returns the body's keys; the caller zero-fills `baseNonce` when done
 * @throws KeywrightError `invalid-argument` for a salt of another length
 */
export function beginBody(
  key: MacKey,
  context: Uint8Array,
  prefix: Uint8Array,
  salt: Uint8Array = drawSalt(),
): Awaitable<BodyKeys> {
  return goOn(deriveBody(key, salt, context), (keys) => {
    prefix.set(salt)
    prefix.set(keys.commitment, limits.saltBytes)
    return keys
  })
}

/**
 * Derives the keys of a body that exists and compares its commitment, before any chunk is touched.
 *
 * @param key the DEK, see `importDataKey`
 * @param context the bytes that the body was sealed with
 * @param prefix the body, or its first 56 bytes
 * @returns the body's keys; the caller zero-fills `baseNonce` when done
 * @throws KeywrightError `truncated` for less than 56 bytes, `authentication-failed` for another commitment
 */
export function checkPrefix(key: MacKey, context: Uint8Array, prefix: Uint8Array): Awaitable<BodyKeys> {
  if (prefix.length < bodyPrefixBytes) throw truncatedBody()
  // A copy: the caller's memory may be shared and change between derivation and comparison.
  const own = new Uint8Array(prefix.subarray(0, bodyPrefixBytes))
  return goOn(deriveBody(key, own.subarray(0, limits.saltBytes), context), (keys) => {
    if (equalBytes(keys.commitment, own.subarray(limits.saltBytes))) return keys
    keys.baseNonce.fill(0)
    throw unauthenticBody()
  })
}
