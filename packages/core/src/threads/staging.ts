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
  #used = false

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

  /** Takes memory back. */
  put(staging: Staging): void {
    this.#idle.push(staging)
    this.#used = true
  }

  /** Zero-fills what was given back: once after a run, as doing it after each piece would cost a tenth of the run. */
  wipe(): void {
    if (!this.#used) return
    this.#used = false
    for (const { input, output } of this.#idle) {
      input.fill(0)
      output.fill(0)
    }
  }
}
