import { createCipheriv, createDecipheriv } from 'node:crypto'
import { concat } from './bytes.ts'

function encryptBlock(key: Uint8Array, block: Uint8Array): Uint8Array {
  const cipher = createCipheriv('aes-256-ecb', key, null).setAutoPadding(false)
  return concat(cipher.update(block), cipher.final())
}

/** The subkey of c2sp.org/XAES-256-GCM, steps 1 to 5 of its detailed algorithm. */
function subkey(key: Uint8Array, nonce: Uint8Array): Uint8Array {
  const l = encryptBlock(key, new Uint8Array(16))
  const k1 = l.map((byte, i) => ((byte << 1) | ((l[i + 1] ?? 0) >> 7)) & 0xff)
  if ((l[0] ?? 0) >> 7 === 1) k1[15] = (k1[15] ?? 0) ^ 0x87
  const half = (counter: number): Uint8Array => {
    const message = concat(Uint8Array.of(0, counter, 0x58, 0), nonce.subarray(0, 12))
    return encryptBlock(
      key,
      message.map((byte, i) => byte ^ (k1[i] ?? 0)),
    )
  }
  return concat(half(1), half(2))
}

/** Ciphertext and tag, without the nonce. */
export function xaesSeal(
  key: Uint8Array,
  nonce: Uint8Array,
  plaintext: Uint8Array,
  aad: Uint8Array,
): Uint8Array {
  const cipher = createCipheriv('aes-256-gcm', subkey(key, nonce), nonce.subarray(12), {
    authTagLength: 16,
  })
  cipher.setAAD(aad)
  return concat(cipher.update(plaintext), cipher.final(), cipher.getAuthTag())
}

/** Throws if the tag is wrong. */
export function xaesOpen(
  key: Uint8Array,
  nonce: Uint8Array,
  sealed: Uint8Array,
  aad: Uint8Array,
): Uint8Array {
  const decipher = createDecipheriv('aes-256-gcm', subkey(key, nonce), nonce.subarray(12), {
    authTagLength: 16,
  })
  decipher.setAAD(aad).setAuthTag(sealed.subarray(-16))
  return concat(decipher.update(sealed.subarray(0, -16)), decipher.final())
}
