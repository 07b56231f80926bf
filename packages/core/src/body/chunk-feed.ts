/**
 * Cuts bytes that arrive in pieces of any size into whole chunks. Chunks that lie inside one piece are handed on
 * where they are; only what straddles pieces is copied.
 */
export class ChunkFeed {
  readonly #chunkBytes: number
  readonly #held: Uint8Array
  #heldBytes = 0

  /**
   * @param chunkBytes bytes of a full chunk
   * @param held memory for what is not handed on yet: as many whole chunks as are wanted at a time
   */
  constructor(chunkBytes: number, held: Uint8Array) {
    this.#chunkBytes = chunkBytes
    this.#held = held
  }

  /**
   * Takes in a piece.
   *
   * @returns runs of whole chunks, each to be used up before the next is asked for
   */
  *take(piece: Uint8Array): Generator<Uint8Array> {
    let rest = piece
    if (this.#heldBytes > 0) {
      const fitting = rest.subarray(0, this.#held.length - this.#heldBytes)
      this.#held.set(fitting, this.#heldBytes)
      this.#heldBytes += fitting.length
      rest = rest.subarray(fitting.length)
      if (this.#heldBytes < this.#held.length) return
      yield this.#held
      this.#heldBytes = 0
    }
    if (rest.length >= this.#held.length) {
      const whole = rest.length - (rest.length % this.#chunkBytes)
      yield rest.subarray(0, whole)
      rest = rest.subarray(whole)
    }
    this.#held.set(rest)
    this.#heldBytes = rest.length
  }

  /** What was taken in and not handed on: the last run of the body. */
  rest(): Uint8Array {
    return this.#held.subarray(0, this.#heldBytes)
  }

  /** Zero-fills what it holds. */
  wipe(): void {
    this.#held.fill(0)
    this.#heldBytes = 0
  }
}
