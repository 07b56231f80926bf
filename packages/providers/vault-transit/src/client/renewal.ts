import type { Clock } from '@keywright/resilience'

/** How long a token lives, in milliseconds; 0: as long as it likes. */
export interface Lease {
  readonly lifeMs: number
  readonly renewable: boolean
}

/** Longer timers end at once. */
const longestTimerMs = 2 ** 31 - 1
const shortestPauseMs = 1_000

/** Renews one token at a time, for as long as it is not closed. */
export class Renewal {
  readonly #clock: Clock
  #current = new AbortController()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Renews from now on what was obtained now, in place of what came before it. */
  watch({ lifeMs }: Lease, renew: () => Promise<void>): void {
    if (this.#current.signal.aborted) return
    this.#current.abort()
    this.#current = new AbortController()
    void this.#keepAlive(lifeMs, renew, this.#current.signal)
  }

  /** Stops renewing, for ever. */
  close(): void {
    this.#current.abort()
  }

  /** Renews at two thirds of a life; what fails is tried again at a third of what is left. Ends with its signal. */
  async #keepAlive(lifeMs: number, renew: () => Promise<void>, ended: AbortSignal): Promise<void> {
    const expires = this.#clock.now() + lifeMs
    let due = this.#clock.now() + (lifeMs * 2) / 3
    while (lifeMs > 0 && !ended.aborted) {
      const wait = due - this.#clock.now()
      if (wait > 0) {
        await this.#clock.sleep(Math.min(wait, longestTimerMs), ended).catch(() => {})
        continue
      }
      try {
        return await renew()
      } catch {
        const left = expires - this.#clock.now()
        // The next call is refused then, and logs in.
        if (left <= 0) return
        due = this.#clock.now() + Math.max(left / 3, shortestPauseMs)
      }
    }
  }
}
