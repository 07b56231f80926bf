import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'

const nonceBytes = 12
const tagBytes = 16

/** AES-256-GCM: nonce, ciphertext, tag. */
export function seal(key: Uint8Array, plaintext: Uint8Array, bound: Uint8Array): Uint8Array {
  const nonce = randomBytes(nonceBytes)
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes }).setAAD(bound)
  return Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()])
}

/** The inverse of {@link seal}; throws whatever node:crypto throws. */
export function open(key: Uint8Array, box: Uint8Array, bound: Uint8Array): Uint8Array {
  const nonce = box.subarray(0, nonceBytes)
  const tag = box.subarray(-tagBytes)
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes })
  decipher.setAAD(bound).setAuthTag(tag)
  const plaintext = decipher.update(box.subarray(nonceBytes, -tagBytes))
  decipher.final()
  return new Uint8Array(plaintext)
}
