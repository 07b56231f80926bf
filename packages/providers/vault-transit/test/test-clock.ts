import type { Clock } from '@keywright/resilience'

interface Sleeper {
  readonly until: number
  readonly wake: () => void
}

/** A clock that stands still until it is moved, and tells when somebody sleeps by it. */
export class TestClock implements Clock {
  /** What each sleep was asked to last. */
  readonly sleeps: number[] = []
  #now = 0
  #sleepers: Sleeper[] = []
  #waiting: (() => void)[] = []

  readonly now = (): number => this.#now

  readonly sleep = (ms: number, signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      this.sleeps.push(ms)
      const wake = (): void => {
        this.#sleepers = this.#sleepers.filter((other) => other.wake !== wake)
        resolve()
      }
      if (signal.aborted) return wake()
      signal.addEventListener('abort', wake, { once: true })
      this.#sleepers.push({ until: this.#now + ms, wake })
      for (const tell of this.#waiting.splice(0)) tell()
    })

  /** How many sleep now. */
  get sleeping(): number {
    return this.#sleepers.length
  }

  /** Settles as soon as somebody sleeps. */
  async asleep(): Promise<void> {
    while (this.#sleepers.length === 0) await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  /** Moves on, and wakes whose time has come. */
  move(ms: number): void {
    this.#now += ms
    for (const { until, wake } of this.#sleepers) if (until <= this.#now) wake()
  }
}
