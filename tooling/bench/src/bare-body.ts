import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  type KeyObject,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto'

/** Plaintext bytes in a full chunk, bytes of a tag, and bytes of salt and commitment before the chunks. */
export const chunkBytes = 16_384
export const tagBytes = 16
export const prefixBytes = 56

const saltBytes = 24
const algorithm = 'aes-256-gcm'
const tagged = { authTagLength: tagBytes }
const label = Buffer.from('c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0', 'latin1')

/** Key and base nonce of one body. */
export interface BodyKey {
  readonly key: KeyObject
  readonly nonce: Uint8Array
}

/**
 * The least that node:crypto can be asked for to seal or open a Cobblestone-256 body (c2sp.org/chunked-encryption):
 * two HMAC-SHA-512 and one key for the derivation, one AES-256-GCM for each chunk. No checks, no header, no API.
 */
export class BareBody {
  readonly #dek: KeyObject
  readonly #block: Uint8Array
  readonly #saltAt = 64 + label.length

  /** `context` is the body's derivation context; about 120 bytes in a real envelope. */
  constructor(dek: KeyObject, context: Uint8Array) {
    this.#dek = dek
    // T(1) ‖ info ‖ counter: T(2) is over all of it, T(1) over what follows the first 64 bytes.
    this.#block = new Uint8Array(this.#saltAt + saltBytes + context.length + 1)
    this.#block.set(label, 64)
    this.#block.set(context, this.#saltAt + saltBytes)
  }

  #expand(salt: Uint8Array): { first: Uint8Array; second: Uint8Array } {
    const block = this.#block
    block.set(salt, this.#saltAt)
    block[block.length - 1] = 1
    const first = createHmac('sha512', this.#dek).update(block.subarray(64)).digest()
    block.set(first, 0)
    block[block.length - 1] = 2
    return { first, second: createHmac('sha512', this.#dek).update(block).digest() }
  }

  /** Less than one chunk, as its parts: derivation, one encryption, nothing assembled. */
  sealSmall(plain: Uint8Array): readonly Uint8Array[] {
    const salt = randomBytes(saltBytes)
    const { first, second } = this.#expand(salt)
    const cipher = createCipheriv(
      algorithm,
      createSecretKey(first.subarray(0, 32)),
      first.subarray(32, 44),
      tagged,
    )
    const body = cipher.update(plain)
    cipher.final()
    return [salt, first, second, body, cipher.getAuthTag()]
  }

  /** The reverse of `sealSmall`, from contiguous bytes. */
  openSmall(sealed: Uint8Array): Uint8Array {
    const { key, nonce } = this.openKey(sealed)
    const end = sealed.length - tagBytes
    const decipher = createDecipheriv(algorithm, key, nonce, tagged)
    decipher.setAuthTag(sealed.subarray(end))
    const plain = decipher.update(sealed.subarray(prefixBytes, end))
    decipher.final()
    return plain
  }

  /** Writes salt and commitment to the front of `out` and gives the key of the chunks. */
  sealKey(out: Uint8Array): BodyKey {
    const salt = randomBytes(saltBytes)
    const { first, second } = this.#expand(salt)
    out.set(salt, 0)
    out.set(first.subarray(44), saltBytes)
    out.set(second.subarray(0, 12), saltBytes + 20)
    return { key: createSecretKey(first.subarray(0, 32)), nonce: first.subarray(32, 44) }
  }

  /** Compares the commitment of `sealed` and gives the key of the chunks. */
  openKey(sealed: Uint8Array): BodyKey {
    const { first, second } = this.#expand(sealed.subarray(0, saltBytes))
    const same =
      timingSafeEqual(first.subarray(44), sealed.subarray(saltBytes, saltBytes + 20)) &&
      timingSafeEqual(second.subarray(0, 12), sealed.subarray(saltBytes + 20, prefixBytes))
    if (!same) throw new Error('the commitment differs')
    return { key: createSecretKey(first.subarray(0, 32)), nonce: first.subarray(32, 44) }
  }

  /** Any length, into `out`, or into one newly allocated array of the final size. */
  seal(plain: Uint8Array, out: Uint8Array = Buffer.allocUnsafeSlow(sealedBytes(plain.length))): Uint8Array {
    sealChunks(this.sealKey(out), plain, out, 0, chunkCount(plain.length))
    return out
  }

  /** Any length, into one newly allocated array of the final size. */
  open(sealed: Uint8Array): Uint8Array {
    const key = this.openKey(sealed)
    const length = openedBytes(sealed.length)
    const out = Buffer.allocUnsafeSlow(length)
    openChunks(key, sealed, out, 0, chunkCount(length))
    return out
  }
}

/** Chunks of a body of `length` plaintext bytes: the last is always shorter than the others. */
export function chunkCount(length: number): number {
  return Math.floor(length / chunkBytes) + 1
}

/** Bytes of a sealed body. */
export function sealedBytes(length: number): number {
  return prefixBytes + length + chunkCount(length) * tagBytes
}

/** Plaintext bytes in a sealed body of `length` bytes. */
export function openedBytes(length: number): number {
  const body = length - prefixBytes
  return body - Math.ceil(body / (chunkBytes + tagBytes)) * tagBytes
}

/** XORs the chunk number into the low bytes of the base nonce (32 bits do for what is measured here). */
function setNonce(target: Uint8Array, base: Uint8Array, index: number): void {
  target.set(base)
  for (let byte = 11, rest = index; rest > 0; byte -= 1, rest >>>= 8) {
    target[byte] = (base[byte] ?? 0) ^ (rest & 0xff)
  }
}

/** Encrypts chunks `from` to `to` (not included) of `plain` to their places in `out`. */
export function sealChunks(
  { key, nonce }: BodyKey,
  plain: Uint8Array,
  out: Uint8Array,
  from: number,
  to: number,
): void {
  const own = new Uint8Array(12)
  for (let index = from; index < to; index += 1) {
    const start = index * chunkBytes
    const end = Math.min(start + chunkBytes, plain.length)
    const target = prefixBytes + index * (chunkBytes + tagBytes)
    setNonce(own, nonce, index)
    const cipher = createCipheriv(algorithm, key, own, tagged)
    out.set(cipher.update(plain.subarray(start, end)), target)
    cipher.final()
    out.set(cipher.getAuthTag(), target + end - start)
  }
}

/** Decrypts chunks `from` to `to` (not included) of `sealed` to their places in `out`. */
export function openChunks(
  body: BodyKey,
  sealed: Uint8Array,
  out: Uint8Array,
  from: number,
  to: number,
): void {
  for (let index = from; index < to; index += 1) out.set(openChunk(body, sealed, index), index * chunkBytes)
}

/** Decrypts one chunk of `sealed`. */
export function openChunk({ key, nonce }: BodyKey, sealed: Uint8Array, index: number): Uint8Array {
  const start = prefixBytes + index * (chunkBytes + tagBytes)
  const end = Math.min(start + chunkBytes + tagBytes, sealed.length) - tagBytes
  setNonce(openNonce, nonce, index)
  const decipher = createDecipheriv(algorithm, key, openNonce, tagged)
  decipher.setAuthTag(sealed.subarray(end, end + tagBytes))
  const plain = decipher.update(sealed.subarray(start, end))
  decipher.final()
  return plain
}

const openNonce = new Uint8Array(12)
