import type { KeyObject } from 'node:crypto'
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { type BareBody, chunkCount, sealChunks, sealedBytes } from './bare-body.ts'

/** A body that threads seal together: each takes the next piece until none is left. */
export interface SharedWork {
  readonly key: KeyObject
  readonly nonce: Uint8Array
  readonly plain: Uint8Array
  readonly out: Uint8Array
  /** The first chunk that nobody took. */
  readonly next: Int32Array
}

/** 1 MiB. */
const pieceChunks = 64

/** Takes pieces of the work until none is left. */
export function sealPieces({ key, nonce, plain, out, next }: SharedWork): void {
  const chunks = chunkCount(plain.length)
  for (;;) {
    const from = Atomics.add(next, 0, pieceChunks)
    if (from >= chunks) return
    sealChunks({ key, nonce }, plain, out, from, Math.min(from + pieceChunks, chunks))
  }
}

/** The bare loop on this thread and one more. */
export class BareThreads {
  readonly #worker: Worker = new Worker(new URL('./bare-worker.ts', import.meta.url))

  /** Seals `plain`, of shared memory, into newly allocated shared memory. */
  async seal(body: BareBody, plain: Uint8Array): Promise<Uint8Array> {
    const out = sharedBytes(sealedBytes(plain.length))
    const next = new Int32Array(new SharedArrayBuffer(4))
    const work: SharedWork = { ...body.sealKey(out), plain, out, next }
    const done = once(this.#worker, 'message')
    this.#worker.postMessage(work)
    sealPieces(work)
    await done
    return out
  }

  async close(): Promise<void> {
    await this.#worker.terminate()
  }
}

/** `length` bytes that threads can share. */
export function sharedBytes(length: number): Uint8Array {
  return new Uint8Array(new SharedArrayBuffer(length))
}
