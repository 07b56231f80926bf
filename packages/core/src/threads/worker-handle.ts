import { Worker } from 'node:worker_threads'
import { KeywrightError } from '../errors.ts'
import type { PieceMessage, PieceReply } from './piece-message.ts'

/** Pieces that a worker has at a time: one in work and one waiting, so that it never waits for a message. */
const depth = 2

// From source the worker is TypeScript like this file, which Node runs as it is; published, both are JavaScript.
const workerUrl = new URL(
  import.meta.url.endsWith('.ts') ? './chunk-worker.ts' : './chunk-worker.js',
  import.meta.url,
)

interface Waiting {
  readonly resolve: (chunks: number) => void
  readonly reject: (error: KeywrightError) => void
}

/** One worker thread, which keeps the process alive only while it has work. */
export class WorkerHandle {
  readonly #worker: Worker
  readonly #waiting: Map<number, Waiting> = new Map()
  #nextId = 0
  #ready = false
  #gone = false

  constructor() {
    // Neither flags nor environment of the process: the worker needs none, and the environment may hold secrets.
    this.#worker = new Worker(workerUrl, { execArgv: [], env: {} })
    this.#worker.on('message', (reply: PieceReply) => this.#onReply(reply))
    this.#worker.on('messageerror', () => this.#onEnd())
    this.#worker.on('error', () => this.#onEnd())
    this.#worker.on('exit', () => this.#onEnd())
    // After the listeners: listening for messages would hold the process again.
    this.#worker.unref()
  }

  /** Whether it ended, by itself or not. */
  get gone(): boolean {
    return this.#gone
  }

  /** Whether it takes another piece now. */
  get free(): boolean {
    return this.#ready && !this.#gone && this.#waiting.size < depth
  }

  /**
   * Has a piece worked on.
   *
   * @returns how many chunks of a piece to open authenticated
   * @throws KeywrightError `unavailable` where the worker ended or failed
   */
  run(piece: Omit<PieceMessage, 'id'>): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<number>()
    const id = this.#nextId++
    // First, as it throws for what cannot be sent; the reply comes in a later turn.
    this.#worker.postMessage({ ...piece, id } satisfies PieceMessage)
    this.#waiting.set(id, { resolve, reject })
    this.#worker.ref()
    return promise
  }

  /** Ends the thread; what it had to do fails. */
  async terminate(): Promise<void> {
    await this.#worker.terminate()
    this.#onEnd()
  }

  #onReply(reply: PieceReply): void {
    if (reply.id === 'ready') {
      this.#ready = true
      return
    }
    const waiting = this.#waiting.get(reply.id)
    this.#waiting.delete(reply.id)
    if (this.#waiting.size === 0) this.#worker.unref()
    if (reply.chunks === undefined) waiting?.reject(workerFailed())
    else waiting?.resolve(reply.chunks)
  }

  #onEnd(): void {
    this.#gone = true
    for (const waiting of this.#waiting.values()) waiting.reject(workerFailed())
    this.#waiting.clear()
  }
}

function workerFailed(): KeywrightError {
  return new KeywrightError('unavailable', 'A worker thread ended before its work was done: try again.', {
    field: 'threads',
  })
}
