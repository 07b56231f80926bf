import { throwIfAborted } from '../abort.ts'
import { sealedChunkBytes } from '../crypto/chunk-run.ts'
import { allocate, type MacKey } from '../crypto/primitives.ts'
import { KeywrightError } from '../errors.ts'
import { limits } from '../limits.ts'
import { type ChunkEngine, callingThread } from './chunk-engine.ts'
import type { BodyKeys } from './derive.ts'
import { checkPrefix } from './prefix.ts'
import { PinnedSource, type RangeSource } from './range-source.ts'
import { bodyPrefixBytes, plaintextSize, truncatedBody, unauthenticBody } from './sizes.ts'

/** Options of {@link bodyRange}. */
export interface BodyRangeOptions {
  /** The DEK, see `importDataKey`. */
  readonly key: MacKey
  /** The bytes that the body was sealed with. */
  readonly context: Uint8Array
  /** Pinned already where something before the body was read from it. */
  readonly source: RangeSource | PinnedSource
  /** Where the body begins in the source; it reaches to the source's end. Absent, 0. */
  readonly base?: number | undefined
  /** Who does the work; absent, the calling thread. */
  readonly engine?: ChunkEngine | undefined
  readonly signal?: AbortSignal | undefined
}

/** Options of one call of a {@link RangeReader}. */
export interface RangeReadOptions {
  readonly signal?: AbortSignal | undefined
}

/** Reads parts of a plaintext, each authenticated. */
export interface RangeReader {
  /**
   * Tells the plaintext's size, after the final chunk authenticated it. The answer is kept.
   *
   * @throws KeywrightError `authentication-failed` where the final chunk is not the body's; else as `read`
   */
  size(options?: RangeReadOptions): Promise<number>
  /**
   * Reads plaintext. Fewer bytes than asked, down to none, mean that the plaintext ends there, and are returned
   * only after the final chunk said so.
   *
   * @param offset where to begin, in plaintext bytes
   * @param length how many
   * @returns the bytes, in memory of their own
   * @throws KeywrightError `authentication-failed` for a chunk that is not the body's at its place, `truncated` and
   * `conflict` for a source that ends early or changes, `storage-failed` for one that answers wrongly,
   * `invalid-argument` for anything but counts of bytes and after `close`; what the source throws; `aborted`
   */
  read(offset: number, length: number, options?: RangeReadOptions): Promise<Uint8Array>
  /** Zero-fills what is held, once reads under way have ended. Later calls fail. */
  close(): void
}

/** Chunks read at a time: 4 MiB. */
const pieceChunks = 256

/** A read past the presumed end that is shorter than this goes through in one, for the sake of small bodies. */
const trustedChunks = 64

class BodyRange implements RangeReader {
  readonly #source: PinnedSource
  readonly #base: number
  readonly #keys: BodyKeys
  readonly #engine: ChunkEngine
  /** By arithmetic on the source's size: a claim until the final chunk authenticated. */
  readonly #claimedBytes: number
  #sizeKnown = false
  #closed = false
  #reads = 0

  constructor(source: PinnedSource, base: number, keys: BodyKeys, engine: ChunkEngine) {
    this.#source = source
    this.#base = base
    this.#keys = keys
    this.#engine = engine
    this.#claimedBytes = plaintextSize(source.size - base)
  }

  size(options: RangeReadOptions = {}): Promise<number> {
    return this.#during(async () => {
      await this.#authenticateEnd(options.signal)
      return this.#claimedBytes
    })
  }

  read(offset: number, length: number, options: RangeReadOptions = {}): Promise<Uint8Array> {
    return this.#during(async () => {
      checkCount(offset, 'offset')
      checkCount(length, 'length')
      const { signal } = options
      throwIfAborted(signal)
      const from = Math.min(offset, this.#claimedBytes)
      const end = Math.min(offset + length, this.#claimedBytes)
      const short = end - from < length
      const finalChunk = this.#finalChunk()
      let firstChunk = Math.floor(from / limits.chunkBytes)
      if (short && !this.#sizeKnown && finalChunk - firstChunk > trustedChunks)
        await this.#authenticateEnd(signal)
      const endUnknown = short && !this.#sizeKnown
      if (end === from && !endUnknown) return new Uint8Array(0)
      const endChunk = endUnknown ? finalChunk + 1 : Math.ceil(end / limits.chunkBytes)
      const output = allocate(end - from)
      try {
        while (firstChunk < endChunk) {
          const next = Math.min(firstChunk + pieceChunks, endChunk)
          await this.#readPiece(firstChunk, next, from, output, signal)
          firstChunk = next
        }
      } catch (error) {
        output.fill(0)
        throw error
      }
      return output
    })
  }

  close(): void {
    this.#closed = true
    this.#wipeWhenIdle()
  }

  /** Opens chunks `first` to `next` − 1 and copies what of them lies in the output, which begins at `from`. */
  async #readPiece(
    first: number,
    next: number,
    from: number,
    output: Uint8Array,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const at = first * limits.chunkBytes
    const end = Math.min(next * limits.chunkBytes, this.#claimedBytes)
    if (at >= from && end <= from + output.length) {
      await this.#openInto(first, next, output.subarray(at - from, end - from), signal)
      return
    }
    const piece = allocate(end - at)
    try {
      await this.#openInto(first, next, piece, signal)
      const skipped = Math.max(from - at, 0)
      output.set(piece.subarray(skipped, from + output.length - at), Math.max(at - from, 0))
    } finally {
      piece.fill(0)
    }
  }

  async #openInto(
    first: number,
    next: number,
    output: Uint8Array,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const final = next > this.#finalChunk()
    const offset = this.#base + bodyPrefixBytes + first * sealedChunkBytes
    const input = await this.#source.read(offset, output.length + (next - first) * limits.tagBytes, signal)
    const opened = await this.#engine.openChunks({
      key: this.#keys.aesKey,
      baseNonce: this.#keys.baseNonce,
      firstChunk: first,
      input,
      output,
      final,
      signal,
    })
    if (opened !== next - first) throw unauthenticBody()
    if (final) this.#sizeKnown = true
  }

  async #authenticateEnd(signal: AbortSignal | undefined): Promise<void> {
    if (this.#sizeKnown) return
    const finalChunk = this.#finalChunk()
    await this.#readPiece(finalChunk, finalChunk + 1, this.#claimedBytes, new Uint8Array(0), signal)
  }

  #finalChunk(): number {
    return Math.floor(this.#claimedBytes / limits.chunkBytes)
  }

  async #during<T>(work: () => Promise<T>): Promise<T> {
    if (this.#closed) {
      throw new KeywrightError('invalid-argument', 'The reader is closed.', { field: 'reader' })
    }
    this.#reads++
    try {
      return await work()
    } finally {
      this.#reads--
      this.#wipeWhenIdle()
    }
  }

  #wipeWhenIdle(): void {
    if (this.#closed && this.#reads === 0) this.#keys.baseNonce.fill(0)
  }
}

/**
 * Opens a body for reading parts of it. The commitment is compared before anything else of the body is read.
 *
 * @throws KeywrightError `truncated` for a body without a complete prefix, or whose size no complete body has,
 * `authentication-failed` for another commitment, `limit-exceeded` past 2³⁸ chunks; else as `RangeReader.read`
 */
export async function bodyRange(options: BodyRangeOptions): Promise<RangeReader> {
  const { signal, base = 0 } = options
  checkCount(base, 'base')
  const source = options.source instanceof PinnedSource ? options.source : new PinnedSource(options.source)
  if (source.size - base < bodyPrefixBytes) throw truncatedBody()
  const prefix = await source.read(base, bodyPrefixBytes, signal)
  const keys = await checkPrefix(options.key, options.context, prefix)
  try {
    return new BodyRange(source, base, keys, options.engine ?? callingThread)
  } catch (error) {
    keys.baseNonce.fill(0)
    throw error
  }
}

function checkCount(bytes: number, field: string): void {
  if (Number.isSafeInteger(bytes) && bytes >= 0) return
  throw new KeywrightError('invalid-argument', `Not a count of bytes: ${field}.`, { field })
}
