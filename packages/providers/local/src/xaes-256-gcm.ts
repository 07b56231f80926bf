import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto'
import { secretBytes } from '@keywright/core/provider'

/** Bytes of a key. */
export const xaesKeyBytes = 32
/** Bytes of a nonce; drawn at random, one key is good for 2⁸⁰ of them. */
export const xaesNonceBytes = 24
/** Bytes that sealing adds, the nonce not counted. */
export const xaesTagBytes = 16

/** A key for XAES-256-GCM (c2sp.org/XAES-256-GCM). */
export interface XaesKey {
  /** The input key; Node enciphers with it several times as fast as with bytes. */
  readonly key: KeyObject
  /** CMAC's first subkey, 16 bytes; the same for every message under the key. */
  readonly subkey: Uint8Array
}

const gcmOptions = { authTagLength: xaesTagBytes } as const

/**
 * Imports a key: steps 1 and 2 of the specification, done once.
 *
 * @param bytes 32 bytes; the caller zero-fills them afterwards
 */
export function importXaesKey(bytes: Uint8Array): XaesKey {
  const key = createSecretKey(bytes)
  const block = encipherBlocks(key, new Uint8Array(16))
  const subkey = secretBytes(16)
  const carry = (block[0] ?? 0) >> 7
  for (let index = 0; index < 16; index++) {
    subkey[index] = ((block[index] ?? 0) << 1) | ((block[index + 1] ?? 0) >> 7)
  }
  // Multiplied rather than branched on: the carry is a bit of the key's encryption.
  subkey[15] = (subkey[15] ?? 0) ^ (0x87 * carry)
  block.fill(0)
  return { key, subkey }
}

/** Zero-fills what is ours of a key; its KeyObject dies with its last reference. */
export function wipeXaesKey(key: XaesKey): void {
  key.subkey.fill(0)
}

/**
 * Seals a message.
 *
 * @param key an imported key
 * @param nonce 24 bytes, random
 * @param plaintext any length
 * @param associatedData bound, not stored
 * @returns ciphertext and tag, 16 bytes longer than the plaintext
 */
export function sealXaes(
  key: XaesKey,
  nonce: Uint8Array,
  plaintext: Uint8Array,
  associatedData: Uint8Array,
): Uint8Array {
  const derived = deriveMessageKey(key, nonce)
  const cipher = createCipheriv('aes-256-gcm', derived, nonce.subarray(12), gcmOptions)
  cipher.setAAD(associatedData)
  const sealed = new Uint8Array(plaintext.length + xaesTagBytes)
  sealed.set(cipher.update(plaintext))
  cipher.final()
  sealed.set(cipher.getAuthTag(), plaintext.length)
  return sealed
}

/**
 * Opens a message.
 *
 * @param key an imported key
 * @param nonce the 24 bytes that sealed it
 * @param sealed ciphertext and tag
 * @param associatedData what was bound
 * @returns the plaintext in memory of its own, for the caller to zero-fill; undefined when it does not authenticate
 */
export function openXaes(
  key: XaesKey,
  nonce: Uint8Array,
  sealed: Uint8Array,
  associatedData: Uint8Array,
): Uint8Array | undefined {
  if (sealed.length < xaesTagBytes) return undefined
  const end = sealed.length - xaesTagBytes
  const derived = deriveMessageKey(key, nonce)
  const decipher = createDecipheriv('aes-256-gcm', derived, nonce.subarray(12), gcmOptions)
  decipher.setAAD(associatedData)
  decipher.setAuthTag(sealed.subarray(end))
  const candidate = decipher.update(sealed.subarray(0, end))
  try {
    decipher.final()
    return Uint8Array.from(candidate)
  } catch {
    return undefined
  } finally {
    candidate.fill(0)
  }
}

/** Steps 3 to 5: both blocks of the message's key from the first half of the nonce, in one call. */
function deriveMessageKey(key: XaesKey, nonce: Uint8Array): KeyObject {
  const blocks = secretBytes(32)
  for (let counter = 1; counter <= 2; counter++) {
    const at = (counter - 1) * 16
    blocks.set([0x00, counter, 0x58, 0x00], at)
    blocks.set(nonce.subarray(0, 12), at + 4)
    for (let index = 0; index < 16; index++) {
      blocks[at + index] = (blocks[at + index] ?? 0) ^ (key.subkey[index] ?? 0)
    }
  }
  const derived = encipherBlocks(key.key, blocks)
  blocks.fill(0)
  const imported = createSecretKey(derived)
  derived.fill(0)
  return imported
}

/** AES-256 on whole blocks, each by itself. */
function encipherBlocks(key: KeyObject, blocks: Uint8Array): Uint8Array {
  return createCipheriv('aes-256-ecb', key, null).setAutoPadding(false).update(blocks)
}
