import { isKeywrightError, KeywrightError } from '@keywright/core'
import { asFailure } from '../terminal/failure.ts'
import { hearDates } from './answered-dates.ts'

/** The calls that are made. */
export type Operation = NonNullable<KeywrightError['details']['operation']>

/** One call as it was made: how long it took, and what it ended with. */
export interface ProbedCall {
  readonly operation: Operation
  readonly milliseconds: number
  /** Undefined where it succeeded. */
  readonly code?: KeywrightError['code'] | undefined
}

/** A time that a key manager's answer stated. */
export interface AnsweredTime {
  /** The call that it came to. */
  readonly operation: Operation
  /** How far it is ahead of this machine's clock; negative where it is behind. */
  readonly aheadMs: number
}

/** What a call gave. */
export type Answer<T> = { readonly value: T; readonly error?: undefined } | { readonly error: KeywrightError }

/** How long things may take, and how that is measured. */
export interface ProbeLimits {
  /** Longest time of one call. */
  readonly callMs: number
  /** Longest time of all calls to one key; what is left then is not made. */
  readonly totalMs: number
  /** Milliseconds of a clock that only goes forward. Default: this process's. */
  readonly now?: (() => number) | undefined
  /** Milliseconds since 1970 by this machine's clock. Default: `Date.now`. */
  readonly wallNow?: (() => number) | undefined
  readonly signal?: AbortSignal | undefined
}

/** Makes calls to one key, within their time, and keeps a record of them. */
export class Prober {
  readonly calls: ProbedCall[] = []
  readonly times: AnsweredTime[] = []
  readonly #limits: ProbeLimits
  readonly #now: () => number
  readonly #end: number
  readonly #wallNow: () => number
  readonly #wallStart: number

  /** @param limits of time; they begin now */
  constructor(limits: ProbeLimits) {
    this.#limits = limits
    this.#now = limits.now ?? (() => performance.now())
    this.#end = this.#now() + limits.totalMs
    this.#wallNow = limits.wallNow ?? Date.now
    this.#wallStart = this.#wallNow()
  }

  /**
   * Makes one call.
   *
   * @param operation for the record
   * @param call is given the signal that ends it
   * @returns its value or its error; undefined where no time was left, and the call was not made
   * @throws KeywrightError `aborted` when the user interrupts
   */
  async ask<T>(
    operation: Operation,
    call: (signal: AbortSignal) => Promise<T>,
  ): Promise<Answer<T> | undefined> {
    const { callMs, signal } = this.#limits
    signal?.throwIfAborted()
    const began = this.#now()
    if (began >= this.#end) return undefined
    // AbortSignal.timeout would not keep the process alive for its own end.
    const controller = new AbortController()
    const timer = setTimeout(() => controller.abort(), Math.min(callMs, this.#end - began))
    const limit = controller.signal
    const record = (code?: KeywrightError['code']): void => {
      this.calls.push({ operation, milliseconds: this.#now() - began, code })
    }
    try {
      const both = signal === undefined ? limit : AbortSignal.any([signal, limit])
      const value = await hearDates(
        (date) => this.times.push({ operation, aheadMs: this.#ahead(date.getTime()) }),
        () => call(both),
      )
      record()
      return { value }
    } catch (thrown) {
      signal?.throwIfAborted()
      const error = limit.aborted && isAbort(thrown) ? late(operation) : asFailure(thrown)
      record(error.code)
      return { error }
    } finally {
      clearTimeout(timer)
    }
  }

  /** An answer was made at any time since the first call, and states whole seconds. */
  #ahead(statedMs: number): number {
    const [from, to] = [Math.floor(this.#wallStart / 1_000) * 1_000, this.#wallNow()]
    return statedMs > to ? statedMs - to : Math.min(statedMs - from, 0)
  }
}

function late(operation: Operation): KeywrightError {
  return new KeywrightError('timeout', `${operation} got no answer in the time given`, { operation })
}

function isAbort(thrown: unknown): boolean {
  return isKeywrightError(thrown, 'aborted') || (thrown instanceof Error && thrown.name === 'AbortError')
}
