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
import { checkPrefix } from './prefix.ts'
import { bodyPrefixBytes, truncatedBody, unauthenticBody } from './sizes.ts'

/** Options of {@link BodyOpener}. */
export interface BodyOpenerOptions {
  /** The DEK, see `importDataKey`. */
  readonly key: MacKey
  /** The bytes that the body was sealed with. */
  readonly context: Uint8Array
  /** Who does the work; absent, the calling thread. */
  readonly engine?: ChunkEngine | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * Opens a body that arrives in pieces. It releases authenticated chunks before the end is known: only a `finish`
 * that resolves says that nothing is missing, and whoever sees an error discards what was released.
 */
export class BodyOpener {
  readonly #options: BodyOpenerOptions
  readonly #engine: ChunkEngine
  readonly #prefix: Uint8Array = new Uint8Array(bodyPrefixBytes)
  #prefixBytes = 0
  #keys: BodyKeys | undefined
  readonly #feed: ChunkFeed
  readonly #steps: OneAtATime = new OneAtATime(() => this.#wipe())
  #chunk = 0

  constructor(options: BodyOpenerOptions) {
    this.#options = options
    this.#engine = options.engine ?? callingThread
    this.#feed = new ChunkFeed(
      sealedChunkBytes,
      this.#engine.hold?.(sealedChunkBytes) ?? new Uint8Array(sealedChunkBytes),
    )
  }

  /**
   * Takes in the next bytes of the body.
   *
   * @returns what the plaintext goes on with, every byte authenticated; often nothing
   * @throws KeywrightError `authentication-failed` for another commitment or a wrong tag, `limit-exceeded` past 2³⁸
   * chunks, `invalid-argument` before the push before it resolved, after the end, and for a piece that is not bytes; `aborted`.
   * After an error every call fails with it.
   */
  push(piece: Uint8Array): Promise<readonly Uint8Array[]> {
    return this.#steps.run(async () => {
      throwIfAborted(this.#options.signal)
      requireBytes(piece)
      const rest = piece.subarray(this.#takePrefix(piece))
      if (this.#prefixBytes < bodyPrefixBytes) return []
      const keys = await this.#checkedKeys()
      const opened: Uint8Array[] = []
      try {
        for (const run of this.#feed.take(rest)) opened.push(await this.#open(keys, run, false))
      } catch (error) {
        for (const plaintext of opened) plaintext.fill(0)
        throw error
      }
      return opened
    }, false)
  }

  /**
   * Ends the body.
   *
   * @returns the end of the plaintext
   * @throws KeywrightError `truncated` where prefix or last chunk is incomplete, else as {@link push} does
   */
  finish(): Promise<readonly Uint8Array[]> {
    return this.#steps.run(async () => {
      throwIfAborted(this.#options.signal)
      const rest = this.#feed.rest()
      if (this.#prefixBytes < bodyPrefixBytes) throw truncatedBody()
      const keys = await this.#checkedKeys()
      if (rest.length % sealedChunkBytes < limits.tagBytes) throw truncatedBody()
      const last = await this.#open(keys, rest, true)
      return [last]
    }, true)
  }

  /** Gives up: zero-fills what is held. Every later call fails. */
  abandon(): void {
    this.#steps.fail(new KeywrightError('aborted', 'The body was abandoned.'))
  }

  #takePrefix(piece: Uint8Array): number {
    const part = piece.subarray(0, bodyPrefixBytes - this.#prefixBytes)
    this.#prefix.set(part, this.#prefixBytes)
    this.#prefixBytes += part.length
    return part.length
  }

  async #checkedKeys(): Promise<BodyKeys> {
    this.#keys ??= await checkPrefix(this.#options.key, this.#options.context, this.#prefix)
    return this.#keys
  }

  async #open(keys: BodyKeys, input: Uint8Array, final: boolean): Promise<Uint8Array> {
    const chunks = Math.floor(input.length / sealedChunkBytes) + (final ? 1 : 0)
    const output = allocate(input.length - chunks * limits.tagBytes)
    try {
      const opened = await this.#engine.openChunks({
        key: keys.aesKey,
        baseNonce: keys.baseNonce,
        firstChunk: this.#chunk,
        input,
        output,
        final,
        signal: this.#options.signal,
      })
      if (opened !== chunks) throw unauthenticBody()
    } catch (error) {
      output.fill(0)
      throw error
    }
    this.#chunk += chunks
    return output
  }

  #wipe(): void {
    this.#feed.wipe()
    this.#keys?.baseNonce.fill(0)
  }
}
