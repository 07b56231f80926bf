import { goOn } from '../crypto/go-on.ts'
import {
  type AesKey,
  type Awaitable,
  expand,
  importAesKey,
  importMacKey,
  type MacKey,
} from '../crypto/primitives.ts'
import { KeywrightError } from '../errors.ts'
import { limits } from '../limits.ts'

/** What one body is sealed under; a new salt gives new ones. */
export interface BodyKeys {
  readonly aesKey: AesKey
  /** 12 bytes. */
  readonly baseNonce: Uint8Array
  /** 32 bytes, stored in the body, and compared before any chunk is touched. */
  readonly commitment: Uint8Array
}

const aesKeyBytes = 32
const nonceBytes = 12
const derivedBytes = aesKeyBytes + nonceBytes + limits.commitmentBytes
const prefix = new TextEncoder().encode('c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0')

/**
 * Imports a DEK. The length is checked because HMAC is indifferent to it: it pads short keys with zeros and would
 * take a longer answer of a key manager for the same key.
 *
 * @param bytes the 32-byte DEK; the caller zero-fills them afterwards
 * @throws KeywrightError `invalid-response` for another length
 */
export function importDataKey(bytes: Uint8Array): Awaitable<MacKey> {
  if (bytes.length !== limits.dataKeyBytes) {
    throw new KeywrightError('invalid-response', 'A data key has exactly 32 bytes.', { field: 'dataKey' })
  }
  return importMacKey(bytes)
}

/**
 * Derives key, base nonce and commitment of a body (Cobblestone-256, c2sp.org/chunked-encryption): HKDF-Expand with
 * SHA-512 over a fixed prefix, the AEAD's name, a zero byte, the salt and the context.
 *
 * @param key the DEK
 * @param salt 24 bytes, new for every body
 * @param context everything that is bound to the body besides its key
 * @throws KeywrightError `invalid-argument` for a salt of another length
 */
export function deriveBody(key: MacKey, salt: Uint8Array, context: Uint8Array): Awaitable<BodyKeys> {
  if (salt.length !== limits.saltBytes) {
    throw new KeywrightError('invalid-argument', 'A salt has exactly 24 bytes.', { field: 'salt' })
  }
  return goOn(expand(key, [prefix, salt, context], derivedBytes), (derived) =>
    goOn(importAesKey(derived.subarray(0, aesKeyBytes)), (aesKey) => {
      derived.fill(0, 0, aesKeyBytes)
      return {
        aesKey,
        baseNonce: derived.subarray(aesKeyBytes, aesKeyBytes + nonceBytes),
        commitment: derived.subarray(aesKeyBytes + nonceBytes),
      }
    }),
  )
}
