import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hash,
  type KeyObject,
  randomBytes,
} from 'node:crypto'

/** A data key that was wrapped by `BareKek.wrap`. */
export interface BareWrapped {
  readonly nonce: Uint8Array
  readonly body: Uint8Array
  readonly tag: Uint8Array
}

const tagged = { authTagLength: 16 }

/**
 * What a message with a data key of its own adds to the bare body: the context's SHA-256, 32 random bytes,
 * their KeyObject, the key check (one HMAC-SHA-512), and the wrap of the embedded key manager, XAES-256-GCM
 * (c2sp.org/XAES-256-GCM): one AES over two blocks, one key, one AES-256-GCM over 32 bytes.
 */
export class BareKek {
  readonly #kek: KeyObject = createSecretKey(randomBytes(32))
  readonly #blocks = new Uint8Array(32)

  #wrapKey(nonce: Uint8Array): KeyObject {
    this.#blocks.set(nonce.subarray(0, 12), 4)
    this.#blocks.set(nonce.subarray(0, 12), 20)
    const cipher = createCipheriv('aes-256-ecb', this.#kek, null)
    const derived = cipher.update(this.#blocks)
    return createSecretKey(derived.subarray(0, 32))
  }

  /** A new data key, ready for use, and its wrapped form. `preamble` is what the key check covers. */
  generate(contextBytes: Uint8Array, preamble: Uint8Array): { dek: KeyObject; wrapped: BareWrapped } {
    const raw = randomBytes(32)
    const dek = createSecretKey(raw)
    createHmac('sha512', dek).update(preamble).digest()
    const nonce = randomBytes(24)
    const cipher = createCipheriv('aes-256-gcm', this.#wrapKey(nonce), nonce.subarray(12), tagged)
    cipher.setAAD(hash('sha256', contextBytes, 'buffer'))
    const body = cipher.update(raw)
    cipher.final()
    return { dek, wrapped: { nonce, body, tag: cipher.getAuthTag() } }
  }

  /** The data key of `wrapped`, with its key check computed. */
  unwrap({ nonce, body, tag }: BareWrapped, contextBytes: Uint8Array, preamble: Uint8Array): KeyObject {
    const decipher = createDecipheriv('aes-256-gcm', this.#wrapKey(nonce), nonce.subarray(12), tagged)
    decipher.setAAD(hash('sha256', contextBytes, 'buffer'))
    decipher.setAuthTag(tag)
    const raw = decipher.update(body)
    decipher.final()
    const dek = createSecretKey(raw)
    createHmac('sha512', dek).update(preamble).digest()
    return dek
  }
}
