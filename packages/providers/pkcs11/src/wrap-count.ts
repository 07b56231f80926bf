import { KeywrightError } from '@keywright/core/provider'
import { inThisThread } from './shared-by-copies.ts'

/** Wraps of one key by this process at which it warns: a quarter of the limit. */
export const wrapsToWarnAt: number = 2 ** 30
/** Wraps of one key with random 96-bit nonces: beyond, two may be alike with more than 2⁻³² (NIST SP 800-38D, 8.3). */
export const maxWraps: number = 2 ** 32

/** Counts the wraps of one key. */
export class WrapCounter {
  #count: number

  constructor(count = 0) {
    this.#count = count
  }

  /**
   * Counts one wrap, before it is made.
   *
   * @param warn called at the count to warn at
   * @throws KeywrightError `limit-exceeded` beyond the limit
   */
  add(warn: () => void): void {
    if (this.#count >= maxWraps) {
      const message = 'this key has wrapped 2^32 times: give it a new version'
      throw new KeywrightError('limit-exceeded', message, { field: 'key' })
    }
    this.#count++
    if (this.#count === wrapsToWarnAt) warn()
  }
}

/** The counters of this thread, by token, key and version. */
export const wrapCounters: Map<string, WrapCounter> = inThisThread('wraps', () => new Map())

/** The counter of one version of a key. */
export function wrapCounterOf(name: string): WrapCounter {
  const counter = wrapCounters.get(name) ?? new WrapCounter()
  wrapCounters.set(name, counter)
  return counter
}
