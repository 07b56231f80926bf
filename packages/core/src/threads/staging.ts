import { sealedChunkBytes } from '../crypto/chunk-run.ts'

/** Chunks that one thread is given at a time: 1 MiB, some hundred times the cost of a message. */
export const pieceChunks = 64

/** Shared memory through which a piece of unshared memory goes to a worker and comes back. */
export interface Staging {
  readonly input: Uint8Array
  readonly output: Uint8Array
}

/**
 * Keeps staging memory for reuse. A copy through memory that was touched before costs a tenth of sealing; new
 * memory for each piece would cost as much as sealing.
 */
export class StagingPool {
  readonly #idle: Staging[] = []

  /** Gives out memory for one piece. */
  take(): Staging {
    const bytes = pieceChunks * sealedChunkBytes
    return (
      this.#idle.pop() ?? {
        input: new Uint8Array(new SharedArrayBuffer(bytes)),
        output: new Uint8Array(new SharedArrayBuffer(bytes)),
      }
    )
  }

  /** Takes memory back and zero-fills it. */
  put(staging: Staging): void {
    staging.input.fill(0)
    staging.output.fill(0)
    this.#idle.push(staging)
  }
}
