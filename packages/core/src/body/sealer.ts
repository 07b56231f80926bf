import { throwIfAborted } from '../abort.ts'
import { sealedChunkBytes } from '../crypto/chunk-run.ts'
import { allocate, type MacKey } from '../crypto/primitives.ts'
import { KeywrightError } from '../errors.ts'
import { limits } from '../limits.ts'
import { type ChunkEngine, callingThread } from './chunk-engine.ts'
import { ChunkFeed } from './chunk-feed.ts'
import type { BodyKeys } from './derive.ts'
import { OneAtATime } from './one-at-a-time.ts'
import { requireBytes } from './piece.ts'
import { beginBody } from './prefix.ts'
import { bodyPrefixBytes } from './sizes.ts'

/** Options of {@link bodySealer}. */
export interface BodySealerOptions {
  /** The DEK, see `importDataKey`. */
  readonly key: MacKey
  /** Bytes that are bound to the body and not stored in it. */
  readonly context: Uint8Array
  /** 24 bytes, never used before with this key; absent, and in every use but test vectors, they are drawn. */
  readonly salt?: Uint8Array | undefined
  /** Who does the work; absent, the calling thread. */
  readonly engine?: ChunkEngine | undefined
  readonly signal?: AbortSignal | undefined
}

/** Seals a plaintext that arrives in pieces. Pieces are copied or used up before a push resolves. */
export class BodySealer {
  /** The first 56 bytes of the body. */
  readonly prefix: Uint8Array
  readonly #keys: BodyKeys
  readonly #engine: ChunkEngine
  readonly #signal: AbortSignal | undefined
  readonly #feed: ChunkFeed
  readonly #steps: OneAtATime = new OneAtATime(() => this.#wipe())
  #chunk = 0

  /**
   * See {@link bodySealer}, which derives what this takes.
   *
   * @param prefix salt ‖ commitment
   * @param keys what the salt gave
   * @param options as given
   */
  constructor(prefix: Uint8Array, keys: BodyKeys, options: BodySealerOptions) {
    this.prefix = prefix
    this.#keys = keys
    this.#engine = options.engine ?? callingThread
    this.#signal = options.signal
    this.#feed = new ChunkFeed(
      limits.chunkBytes,
      this.#engine.hold?.(limits.chunkBytes) ?? new Uint8Array(limits.chunkBytes),
    )
  }

  /**
   * Takes in the next bytes of the plaintext.
   *
   * @returns what the body goes on with, often nothing
   * @throws KeywrightError `limit-exceeded` past 2³⁸ chunks, `invalid-argument` before the push before it resolved,
   * after the end, and for a piece that is not bytes; `aborted`. After an error every call fails with it.
   */
  push(piece: Uint8Array): Promise<readonly Uint8Array[]> {
    return this.#steps.run(async () => {
      throwIfAborted(this.#signal)
      requireBytes(piece)
      const sealed: Uint8Array[] = []
      for (const run of this.#feed.take(piece)) sealed.push(await this.#seal(run, false))
      return sealed
    }, false)
  }

  /**
   * Ends the plaintext.
   *
   * @returns the end of the body
   * @throws as {@link push} does
   */
  finish(): Promise<readonly Uint8Array[]> {
    return this.#steps.run(async () => {
      throwIfAborted(this.#signal)
      const last = await this.#seal(this.#feed.rest(), true)
      return [last]
    }, true)
  }

  /** Gives up: zero-fills what is held. Every later call fails. */
  abandon(): void {
    this.#steps.fail(new KeywrightError('aborted', 'The body was abandoned.'))
  }

  async #seal(input: Uint8Array, final: boolean): Promise<Uint8Array> {
    const chunks = Math.floor(input.length / limits.chunkBytes) + (final ? 1 : 0)
    const output = allocate(input.length + chunks * (sealedChunkBytes - limits.chunkBytes))
    await this.#engine.sealChunks({
      key: this.#keys.aesKey,
      baseNonce: this.#keys.baseNonce,
      firstChunk: this.#chunk,
      input,
      output,
      final,
      signal: this.#signal,
    })
    this.#chunk += chunks
    return output
  }

  #wipe(): void {
    this.#feed.wipe()
    this.#keys.baseNonce.fill(0)
  }
}

/**
 * Begins a body whose plaintext arrives in pieces.
 *
 * @throws KeywrightError `invalid-argument` for a salt of another length
 */
export async function bodySealer(options: BodySealerOptions): Promise<BodySealer> {
  const prefix = new Uint8Array(bodyPrefixBytes)
  const keys = await beginBody(options.key, options.context, prefix, options.salt)
  return new BodySealer(prefix, keys, options)
}
