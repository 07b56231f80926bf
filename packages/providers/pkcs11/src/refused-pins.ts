import { createHmac, randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { mostRefusals } from './other-threads.ts'
import { inThisThread } from './shared-by-copies.ts'

const stepMs = 5
const keyAt = 8
const digestsAt = 40
const digestBytes = 32

/**
 * The PINs that tokens refused, for all threads that share the memory: digests under a key of this process, never a PIN.
 * The memory is a lock, the number of digests, the key, the digests.
 */
export class RefusedPins {
  readonly #counts: Int32Array
  readonly #bytes: Buffer
  /** What there was no room for. */
  readonly #own = inThisThread('refused-pins', () => new Set<string>())

  /** @param memory of `other-threads.ts` */
  constructor(memory: SharedArrayBuffer) {
    this.#counts = new Int32Array(memory, 0, 2)
    this.#bytes = Buffer.from(memory)
  }

  /** Tells PINs apart, in all threads alike; only within {@link oneAtATime} the first time in a process. */
  digest(named: string): Buffer {
    const key = this.#bytes.subarray(keyAt, digestsAt)
    if (key.every((byte) => byte === 0)) key.set(randomBytes(key.length))
    return createHmac('sha256', Buffer.from(key)).update(named).digest()
  }

  has(digest: Buffer): boolean {
    if (this.#own.has(digest.toString('hex'))) return true
    const known = Math.min(Atomics.load(this.#counts, 1), mostRefusals)
    for (let index = 0; index < known; index++) {
      const start = digestsAt + index * digestBytes
      if (digest.equals(this.#bytes.subarray(start, start + digestBytes))) return true
    }
    return false
  }

  add(digest: Buffer): void {
    this.#own.add(digest.toString('hex'))
    const index = Atomics.load(this.#counts, 1)
    if (index >= mostRefusals) return
    this.#bytes.set(digest, digestsAt + index * digestBytes)
    Atomics.store(this.#counts, 1, index + 1)
  }

  /**
   * Runs one piece of work of all threads at a time: else each would try the same PIN before one of them is refused.
   *
   * @param withinMs how long to wait for another thread, which may have ended in its work: then its turn is over
   */
  async oneAtATime<T>(work: () => Promise<T>, withinMs = 10_000): Promise<T> {
    for (let waitedMs = 0; waitedMs < withinMs; waitedMs += stepMs) {
      if (Atomics.compareExchange(this.#counts, 0, 0, 1) === 0) break
      await delay(stepMs)
    }
    try {
      return await work()
    } finally {
      Atomics.store(this.#counts, 0, 0)
    }
  }
}
