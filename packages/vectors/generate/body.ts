import { createCipheriv } from 'node:crypto'
import { concat, u8, utf8 } from './bytes.ts'
import { hkdfExpand } from './derive.ts'

/** Plaintext bytes of a full chunk (KW-BOD-5). */
export const chunkBytes = 16_384
const tagBytes = 16

/** What the body derives from the DEK (KW-BOD-3). */
export interface BodyKeys {
  readonly info: Uint8Array
  readonly payloadKey: Uint8Array
  readonly baseNonce: Uint8Array
  readonly commitment: Uint8Array
}

export function bodyKeys(dek: Uint8Array, salt: Uint8Array, context: Uint8Array): BodyKeys {
  const info = concat(utf8('c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM'), u8(0), salt, context)
  const output = hkdfExpand(dek, info, 76)
  return {
    info,
    payloadKey: output.slice(0, 32),
    baseNonce: output.slice(32, 44),
    commitment: output.slice(44, 76),
  }
}

/** KW-BOD-6. */
export function chunkNonce(baseNonce: Uint8Array, index: bigint): Uint8Array {
  const nonce = Uint8Array.from(baseNonce)
  for (let i = 0; i < 12; i += 1) {
    nonce[11 - i] = (nonce[11 - i] ?? 0) ^ Number((index >> BigInt(8 * i)) & 0xffn)
  }
  return nonce
}

export function sealChunk(
  key: Uint8Array,
  baseNonce: Uint8Array,
  index: bigint,
  plaintext: Uint8Array,
): Uint8Array {
  const cipher = createCipheriv('aes-256-gcm', key, chunkNonce(baseNonce, index), {
    authTagLength: tagBytes,
  })
  return concat(cipher.update(plaintext), cipher.final(), cipher.getAuthTag())
}

/** The chunks of a plaintext; with `endFull`, wrongly without the short last one. */
export function sealChunks(keys: BodyKeys, plaintext: Uint8Array, endFull: boolean): Uint8Array[] {
  const count = Math.floor(plaintext.length / chunkBytes) + (endFull ? 0 : 1)
  return Array.from({ length: count }, (_, i) =>
    sealChunk(
      keys.payloadKey,
      keys.baseNonce,
      BigInt(i),
      plaintext.subarray(i * chunkBytes, (i + 1) * chunkBytes),
    ),
  )
}
