import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createSecretKey,
  type KeyObject,
  randomFillSync,
  timingSafeEqual,
} from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import { KeywrightError } from '../errors.ts'
import { limits } from '../limits.ts'
import { chunksToOpen, chunksToSeal, sealedChunkBytes, writeChunkNonce } from './chunk-run.ts'

/** A value now, or later. */
export type Awaitable<T> = T | Promise<T>

/** A key for HMAC-SHA-512. A KeyObject: Node hashes with it four times as fast as with bytes. */
export type MacKey = KeyObject & { readonly keywright?: 'mac' }

/** A key for AES-256-GCM. A KeyObject: a third of the cost of bytes. */
export type AesKey = KeyObject & { readonly keywright?: 'aes' }

/** A run of consecutive chunks of one body, all full but perhaps the last of the body. */
export interface ChunkRun {
  readonly key: AesKey
  /** 12 bytes; the counter is XORed into the last five. */
  readonly baseNonce: Uint8Array
  /** Number of the first chunk, below 2³⁸. */
  readonly firstChunk: number
  /** Whole chunks: of plaintext to seal, of ciphertext with tags to open. Only the last may be short. */
  readonly input: Uint8Array
  /** Exactly as long as the result. */
  readonly output: Uint8Array
  /** Whether the run ends the body: then its last chunk is short, and may be empty. */
  readonly final: boolean
  /** Ends a long run early with `aborted`; what the output then holds means nothing. */
  readonly signal?: AbortSignal | undefined
}

/** Used by one chunk at a time: nothing here is interrupted. */
const nonce = new Uint8Array(12)
const tagOption = { authTagLength: limits.tagBytes } as const

/**
 * Imports a key for {@link expand} and {@link hmacSha256}.
 *
 * @param bytes the key; the caller zero-fills them afterwards
 */
export function importMacKey(bytes: Uint8Array): Awaitable<MacKey> {
  return createSecretKey(bytes)
}

/**
 * Imports a key for chunks.
 *
 * @param bytes 32 bytes; the caller zero-fills them afterwards
 */
export function importAesKey(bytes: Uint8Array): Awaitable<AesKey> {
  return createSecretKey(bytes)
}

/** Draws random bytes into memory of their own, never into a shared pool. */
export function randomBytes(length: number): Uint8Array {
  return randomFillSync(new Uint8Array(length))
}

/**
 * Memory for a result that the caller overwrites wholly or wipes: of its own, never from a pool, and not
 * zero-filled first, which would be a fifth of the cost of sealing a megabyte.
 *
 * @throws KeywrightError `limit-exceeded` where the platform has no memory of that size
 */
export function allocate(length: number): Uint8Array {
  try {
    return new Uint8Array(Buffer.allocUnsafeSlow(length).buffer)
  } catch {
    throw new KeywrightError(
      'limit-exceeded',
      `No memory for ${length} bytes at once: use a stream or ranges.`,
    )
  }
}

/** Lets other work of the process run between two pieces of long work. */
export async function nextTurn(): Promise<void> {
  await setImmediate()
}

/** SHA-256, 32 bytes. */
export function sha256(bytes: Uint8Array): Awaitable<Uint8Array> {
  return createHash('sha256').update(bytes).digest()
}

/** HMAC-SHA-256, 32 bytes. */
export function hmacSha256(key: MacKey, message: Uint8Array): Awaitable<Uint8Array> {
  return createHmac('sha256', key).update(message).digest()
}

/**
 * HKDF-Expand with SHA-512 (RFC 5869, section 2.3): T(i) = HMAC(key, T(i−1) ‖ info ‖ i). Two HMACs cost less than
 * the platform's HKDF, which has no Expand of its own either.
 *
 * @param key the pseudorandom key
 * @param info what the output is for, in parts
 * @param length bytes wanted, 1 to 128
 * @returns bytes in memory of their own, for the caller to zero-fill
 */
export function expand(key: MacKey, info: readonly Uint8Array[], length: number): Awaitable<Uint8Array> {
  let end = hashBytes
  for (const part of info) end += part.length
  const block = end < scratch.length ? scratch : new Uint8Array(end + 1)
  let at = hashBytes
  for (const part of info) {
    block.set(part, at)
    at += part.length
  }
  block[end] = 1
  const first = createHmac('sha512', key)
    .update(block.subarray(hashBytes, end + 1))
    .digest()
  const output = new Uint8Array(length)
  if (length > hashBytes) {
    output.set(first)
    block.set(first)
    block[end] = 2
    const second = createHmac('sha512', key)
      .update(block.subarray(0, end + 1))
      .digest()
    output.set(second.subarray(0, length - hashBytes), hashBytes)
    second.fill(0)
  } else output.set(first.subarray(0, length))
  first.fill(0)
  block.fill(0, 0, end + 1)
  return output
}

const hashBytes = 64
/** T(i−1) ‖ info ‖ i for the infos of ordinary messages, so that each HMAC takes one update. */
const scratch = new Uint8Array(2048)

/** Compares in time that depends on the lengths only; different lengths are unequal. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b)
}

/**
 * Seals a run of chunks into its output, each followed by its tag.
 *
 * @param run `output` has 16 bytes a chunk more than `input`
 */
export function sealChunks(run: ChunkRun): Awaitable<void> {
  const { input, output } = run
  const chunks = chunksToSeal(run)
  for (let index = 0; index < chunks; index++) {
    writeChunkNonce(nonce, run.baseNonce, run.firstChunk + index)
    const cipher = createCipheriv('aes-256-gcm', run.key, nonce, tagOption)
    const from = index * limits.chunkBytes
    const chunk = cipher.update(input.subarray(from, from + limits.chunkBytes))
    cipher.final()
    const at = index * sealedChunkBytes
    output.set(chunk, at)
    output.set(cipher.getAuthTag(), at + chunk.length)
    giveBack(chunk)
  }
}

/**
 * Opens a run of chunks into its output. Nothing of a chunk is written before its tag was checked.
 *
 * @param run `input` has 16 bytes a chunk more than `output`
 * @returns how many chunks authenticated; fewer than the run holds means that the next one did not
 */
export function openChunks(run: ChunkRun): Awaitable<number> {
  const { input, output } = run
  const chunks = chunksToOpen(run)
  for (let index = 0; index < chunks; index++) {
    writeChunkNonce(nonce, run.baseNonce, run.firstChunk + index)
    const decipher = createDecipheriv('aes-256-gcm', run.key, nonce, tagOption)
    const from = index * sealedChunkBytes
    const end = Math.min(from + sealedChunkBytes, input.length) - limits.tagBytes
    const chunk = decipher.update(input.subarray(from, end))
    decipher.setAuthTag(input.subarray(end, end + limits.tagBytes))
    try {
      decipher.final()
    } catch {
      chunk.fill(0)
      return index
    }
    output.set(chunk, index * limits.chunkBytes)
    giveBack(chunk)
  }
  return chunks
}

/**
 * Frees what a cipher returned, at once: left to the garbage collector a long run holds tens of MiB of it, and every
 * chunk begins in memory that the processor has not touched lately. Small results may stand in a shared pool.
 */
function giveBack(chunk: Buffer): void {
  const { buffer } = chunk
  if (chunk.length <= 4096 || buffer.byteLength !== chunk.length || !(buffer instanceof ArrayBuffer)) return
  buffer.transfer(0)
}
