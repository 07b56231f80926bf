import type { Handle } from './cryptoki.ts'

/** A session leased to one operation. */
export interface Lease {
  readonly session: Handle
  /** Grows with every new log-in: object handles from before it mean nothing. */
  readonly epoch: number
}

/** How sessions begin and end. */
export interface SessionSource {
  readonly open: () => Promise<Handle>
  /** Never fails: what a session that is gone already answers helps nobody. */
  readonly close: (session: Handle) => Promise<void>
}

/** The sessions of one token, each leased to one operation at a time. */
export class SessionPool {
  readonly #source: SessionSource
  #epoch = 0
  #idle: Lease[] = []
  readonly #waiting: (() => void)[] = []
  #free: number
  #paused: Promise<void> | undefined
  #leased = 0
  #users = 0
  readonly #watching = new Set<() => void>()

  /** @param size how many operations run at once */
  constructor(size: number, source: SessionSource) {
    this.#free = size
    this.#source = source
  }

  get epoch(): number {
    return this.#epoch
  }

  /** Runs one operation. After any error its session is closed, for an operation may still be active in it. */
  async use<T>(work: (lease: Lease) => Promise<T>): Promise<T> {
    this.#users++
    if (this.#free > 0) this.#free--
    else await new Promise<void>((resolve) => this.#waiting.push(resolve))
    while (this.#paused !== undefined) await this.#paused
    this.#leased++
    let lease: Lease | undefined
    try {
      lease = this.#idle.pop() ?? (await this.#open())
      const result = await work(lease)
      if (lease.epoch === this.#epoch) this.#idle.push(lease)
      else await this.#source.close(lease.session)
      return result
    } catch (error) {
      if (lease !== undefined) await this.#source.close(lease.session)
      throw error
    } finally {
      this.#leased--
      this.#users--
      const next = this.#waiting.shift()
      if (next === undefined) this.#free++
      else next()
      for (const look of this.#watching) look()
    }
  }

  /**
   * Closes every session that is not at work, begins a new epoch, and lets nobody begin before `reopen` has ended. What is
   * at work still has a session of the old epoch, which is closed after it.
   */
  renew(reopen: () => Promise<void>): Promise<void> {
    this.#epoch++
    const renewed = this.close()
      .then(reopen)
      .finally(() => {
        this.#paused = undefined
      })
    this.#paused = renewed.catch(() => {})
    return renewed
  }

  /** Closes the sessions that are not at work. */
  async close(): Promise<void> {
    for (const { session } of this.#idle.splice(0)) await this.#source.close(session)
  }

  /**
   * Waits until nothing is under way.
   *
   * @param what operations at work, or also those that wait for a session
   * @returns whether that came about in time
   */
  async quiet(what: 'at-work' | 'all', withinMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const done = (quiet: boolean): void => {
        clearTimeout(late)
        this.#watching.delete(look)
        resolve(quiet)
      }
      const look = (): void => {
        if ((what === 'all' ? this.#users : this.#leased) === 0) done(true)
      }
      const late = setTimeout(done, withinMs, false)
      this.#watching.add(look)
      look()
    })
  }

  /** Of the epoch in which it was asked for: a log-in meanwhile is another's. */
  async #open(): Promise<Lease> {
    const epoch = this.#epoch
    return { epoch, session: await this.#source.open() }
  }
}
