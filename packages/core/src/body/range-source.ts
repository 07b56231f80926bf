import { throwIfAborted } from '../abort.ts'
import { KeywrightError } from '../errors.ts'
import { truncatedBody } from './sizes.ts'

/**
 * Bytes that can be read at an offset: a file, an object in a store, memory. Every read of one source shows one
 * version of the bytes; a source whose store has versions pins the one that it saw first.
 */
export interface RangeSource {
  /** Bytes in all. Checked again at every read: a source that grows or shrinks is refused. */
  readonly size: number
  /** Names the version of the bytes where the store has such a thing (an entity tag); checked like the size. */
  readonly version?: string | undefined
  /**
   * Reads bytes.
   *
   * @param offset where to begin, below `size`
   * @param length how many, at least 1, never past `size`
   * @returns 1 to `length` bytes; fewer than asked are completed by another read. Bytes are not changed afterwards.
   */
  read(
    offset: number,
    length: number,
    options: { readonly signal?: AbortSignal | undefined },
  ): Promise<Uint8Array>
}

/** Reads a source that may answer anything, and only ever the size and version that were seen first. */
export class PinnedSource {
  readonly size: number
  readonly #source: RangeSource
  readonly #version: string | undefined

  /**
   * @param source where to read
   * @throws KeywrightError `invalid-argument` for a size that is none
   */
  constructor(source: RangeSource) {
    this.#source = source
    this.size = source.size
    this.#version = source.version
    if (Number.isSafeInteger(this.size) && this.size >= 0) return
    throw new KeywrightError('invalid-argument', 'The size of a source is a whole number of bytes.', {
      field: 'source.size',
    })
  }

  /**
   * Reads exactly what is asked for.
   *
   * @param offset where to begin
   * @param length bytes, not past the size
   * @throws KeywrightError `conflict` where size or version changed, `truncated` where the source ends before its
   * size, `storage-failed` for an answer that is longer than asked or no bytes; whatever the source throws
   */
  async read(offset: number, length: number, signal: AbortSignal | undefined): Promise<Uint8Array> {
    let whole: Uint8Array | undefined
    for (let done = 0; done < length; ) {
      throwIfAborted(signal)
      const answer = await this.#source.read(offset + done, length - done, { signal })
      if (!(answer instanceof Uint8Array) || answer.length > length - done) throw badAnswer()
      this.#checkPinned()
      if (answer.length === 0) throw truncatedBody()
      if (answer.length === length) return answer
      whole ??= new Uint8Array(length)
      whole.set(answer, done)
      done += answer.length
    }
    return whole ?? new Uint8Array(0)
  }

  #checkPinned(): void {
    if (this.#source.size === this.size && this.#source.version === this.#version) return
    throw new KeywrightError('conflict', 'The source changed while it was being read: open it again.', {
      field: 'source',
    })
  }
}

function badAnswer(): KeywrightError {
  return new KeywrightError(
    'storage-failed',
    'The source answered with more than was asked, or not with bytes.',
    {
      field: 'source.read',
    },
  )
}
