import { availableParallelism } from 'node:os'
import type { ChunkEngine } from '../body/chunk-engine.ts'
import { callingThread } from '../body/chunk-engine.ts'
import { chunksToOpen, chunksToSeal } from '../crypto/chunk-run.ts'
import type { ChunkRun } from '../crypto/primitives.ts'
import { KeywrightError } from '../errors.ts'
import { runOnThreads } from './run-on-threads.ts'
import { pieceChunks, StagingPool } from './staging.ts'
import { WorkerHandle } from './worker-handle.ts'

/** Options of {@link threads}. */
export interface ThreadsOptions {
  /** Threads besides the calling one, 0 to 64. Absent, one less than the process may use at once, at least one. */
  readonly workers?: number | undefined
}

/** Chunks that a stream collects before it has them worked on: 4 MiB. */
const heldChunks = 256

const maxWorkers = 64

/**
 * Seals and opens runs of chunks on several threads, the calling one among them. Runs may overlap: start several and
 * await them in order. Memory backed by a SharedArrayBuffer is used where it is; other memory is copied through
 * shared memory, which is slower. Idle workers do not keep the process alive.
 */
export class ChunkWorkers implements ChunkEngine {
  readonly #workers: WorkerHandle[]
  readonly #staging: StagingPool = new StagingPool()
  readonly #active: Set<Promise<unknown>> = new Set()
  #closed = false

  /** @param workers how many threads to start */
  constructor(workers: number) {
    this.#workers = Array.from({ length: workers }, () => new WorkerHandle())
  }

  /**
   * Seals a run into its output.
   *
   * @throws KeywrightError `unavailable` where a worker ended, `limit-exceeded` past chunk 2³⁸ − 1,
   * `invalid-argument` after `close`; `aborted`. No thread touches the run any more
   * when it throws.
   */
  async sealChunks(run: ChunkRun): Promise<void> {
    const chunks = chunksToSeal(run)
    await this.#track(async () => {
      if (chunks <= pieceChunks) await callingThread.sealChunks(run)
      else await runOnThreads('seal', run, chunks, this.#crew(), this.#staging)
    })
  }

  /**
   * Opens a run into its output. After a failure the output may hold plaintext of chunks that authenticated.
   *
   * @returns how many chunks authenticated from the start of the run; fewer than it holds is a failure
   * @throws as {@link sealChunks} does
   */
  async openChunks(run: ChunkRun): Promise<number> {
    const chunks = chunksToOpen(run)
    return this.#track(async () =>
      chunks <= pieceChunks
        ? callingThread.openChunks(run)
        : runOnThreads('open', run, chunks, this.#crew(), this.#staging),
    )
  }

  /** Shared memory for a stream to collect in, 256 chunks. */
  hold(chunkBytes: number): Uint8Array {
    return new Uint8Array(new SharedArrayBuffer(heldChunks * chunkBytes))
  }

  /** Waits for runs under way and ends the threads. Later runs fail. */
  async close(): Promise<void> {
    this.#closed = true
    await Promise.allSettled(this.#active)
    await Promise.all(this.#workers.map((worker) => worker.terminate()))
  }

  /** The workers, with a new one for each that ended. */
  #crew(): readonly WorkerHandle[] {
    for (const [at, worker] of this.#workers.entries()) {
      if (worker.gone) this.#workers[at] = new WorkerHandle()
    }
    return this.#workers
  }

  async #track<T>(work: () => Promise<T>): Promise<T> {
    if (this.#closed) {
      throw new KeywrightError('invalid-argument', 'The threads are closed.', { field: 'threads' })
    }
    const running = work()
    this.#active.add(running)
    try {
      return await running
    } finally {
      this.#active.delete(running)
      if (this.#active.size === 0) this.#staging.wipe()
    }
  }
}

/**
 * Starts worker threads for bodies of megabytes and more; what fits in 1 MiB stays on the calling thread. Pass the
 * result as `threads`, and close it at the end.
 *
 * @throws KeywrightError `invalid-argument` for a number of workers that is not 0 to 64
 */
export function threads(options: ThreadsOptions = {}): ChunkWorkers {
  const { workers = Math.max(1, Math.min(availableParallelism() - 1, maxWorkers)) } = options
  if (!Number.isInteger(workers) || workers < 0 || workers > maxWorkers) {
    throw new KeywrightError('invalid-argument', 'Threads take 0 to 64 workers.', { field: 'workers' })
  }
  return new ChunkWorkers(workers)
}
