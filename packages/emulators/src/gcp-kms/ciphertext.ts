import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import { crc32c } from './crc32c.ts'
import { GrpcError } from './grpc-error.ts'
import type { StoredKey, StoredVersion } from './stored-key.ts'
import { lengthDelimited, readDelimited, varint } from './wire-bytes.ts'

// Two length-delimited fields, as every recorded ciphertext has them: the first of 37 bytes (a zero byte, four that are
// the same for one key, 32 others), the second a zero byte, four bytes again, then the rest. The recorded lengths are
// those of a plaintext wrapped as a message of its bytes and their CRC-32C, between a 12-byte nonce and a 16-byte tag.
// What the 32 bytes are in the service is not known; here they derive the message's own AES-256-GCM key.

const saltBytes = 32
const markBytes = 4
const nonceBytes = 12
const tagBytes = 16
const headBytes = 1 + markBytes + saltBytes
const bodyHeadBytes = 1 + markBytes
const gcm = { authTagLength: tagBytes } as const

/** Encrypts under one version of a key. */
export function encryptUnder(
  key: StoredKey,
  version: StoredVersion,
  plaintext: Uint8Array,
  associatedData: Uint8Array,
): Uint8Array {
  const salt = randomBytes(saltBytes)
  const nonce = randomBytes(nonceBytes)
  const cipher = createCipheriv('aes-256-gcm', messageKey(version, salt), nonce, gcm).setAAD(associatedData)
  const inner = Buffer.concat([lengthDelimited(1, plaintext), Buffer.of(0x10), varint(crc32c(plaintext))])
  const sealed = Buffer.concat([nonce, cipher.update(inner), cipher.final(), cipher.getAuthTag()])
  return Buffer.concat([
    lengthDelimited(1, Buffer.concat([Buffer.of(0), Buffer.from(key.mark, 'hex'), salt])),
    lengthDelimited(2, Buffer.concat([Buffer.of(0), Buffer.from(version.mark, 'hex'), sealed])),
  ])
}

/** A ciphertext taken apart, not yet decrypted. */
export interface ParsedCiphertext {
  readonly version: StoredVersion
  readonly salt: Uint8Array
  readonly sealed: Uint8Array
}

/**
 * Finds the version that made a ciphertext.
 *
 * @throws GrpcError INVALID_ARGUMENT for bytes that are no ciphertext, or one of another key
 */
export function parseCiphertext(key: StoredKey, ciphertext: Uint8Array): ParsedCiphertext {
  const [head, afterHead] = readDelimited(ciphertext, 1) ?? unparsable()
  const [body, afterBody] = readDelimited(afterHead, 2) ?? unparsable()
  const fits = head.length === headBytes && head[0] === 0 && body[0] === 0 && afterBody.length === 0
  if (!fits || body.length < bodyHeadBytes + nonceBytes + tagBytes) return unparsable()
  const keyMark = Buffer.from(head.subarray(1, 1 + markBytes)).toString('hex')
  const versionMark = Buffer.from(body.subarray(1, bodyHeadBytes)).toString('hex')
  const version = key.versions.find(({ mark }) => mark === versionMark)
  if (keyMark !== key.mark || version === undefined) {
    const message = "Decryption failed: verify that 'name' refers to the correct CryptoKey."
    throw new GrpcError('INVALID_ARGUMENT', message)
  }
  return { version, salt: head.subarray(1 + markBytes), sealed: body.subarray(bodyHeadBytes) }
}

/**
 * Decrypts what {@link parseCiphertext} took apart.
 *
 * @throws GrpcError INVALID_ARGUMENT when the bytes or the associated data were changed
 */
export function decryptUnder(parsed: ParsedCiphertext, associatedData: Uint8Array): Uint8Array {
  const { version, salt, sealed } = parsed
  const nonce = sealed.subarray(0, nonceBytes)
  const decipher = createDecipheriv('aes-256-gcm', messageKey(version, salt), nonce, gcm)
  decipher.setAAD(associatedData).setAuthTag(sealed.subarray(-tagBytes))
  const inner = Buffer.from(decipher.update(sealed.subarray(nonceBytes, -tagBytes)))
  try {
    decipher.final()
  } catch {
    const detail =
      'INTERNAL: generic::internal: AEAD open failed, 52827182357952:error:1e000065:Cipher functions:OPENSSL_internal:BAD_DECRYPT:third_party/openssl/boringssl/src/crypto/fipsmodule/cipher/e_aes.cc.inc:847: while decrypting'
    throw new GrpcError('INVALID_ARGUMENT', 'Decryption failed.', [['google.rpc.DebugInfo', { detail }]])
  }
  const [plaintext] = readDelimited(inner, 1) ?? unparsable()
  return plaintext
}

function messageKey(version: StoredVersion, salt: Uint8Array): Uint8Array {
  const material = Buffer.from(version.material, 'base64')
  return new Uint8Array(hkdfSync('sha256', material, salt, 'gcp-kms emulator', 32))
}

function unparsable(): never {
  const detail = 'client_ciphertext.ParseFromString()'
  const details = [['google.rpc.DebugInfo', { detail }]] as const
  throw new GrpcError('INVALID_ARGUMENT', 'Decryption failed: the ciphertext is invalid.', details)
}
