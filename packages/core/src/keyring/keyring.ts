import { type CacheStatistics, DekCache } from '../cache/dek-cache.ts'
import { KeywrightError } from '../errors.ts'
import { type KeyPolicy, type KeyringOptions, keyPolicy } from './policy.ts'

/**
 * The KEKs that a program seals and opens with, its policy on reading, and its DEK cache. One keyring serves any
 * number of concurrent calls. Made by {@link keyring}.
 */
export class Keyring {
  readonly #policy: KeyPolicy
  readonly #cache: DekCache | undefined
  readonly #underWay = new Set<Promise<unknown>>()
  #closing: Promise<void> | undefined

  /** @internal */
  constructor(policy: KeyPolicy, cache: DekCache | undefined) {
    this.#policy = policy
    this.#cache = cache
  }

  /**
   * @internal Runs work that calls KEKs; they are not closed before it has ended.
   *
   * @throws KeywrightError `configuration` after {@link close}
   */
  async withKeks<T>(work: (policy: KeyPolicy) => Promise<T>): Promise<T> {
    this.#refuseClosed()
    const working = work(this.#policy)
    this.#underWay.add(working)
    try {
      return await working
    } finally {
      this.#underWay.delete(working)
    }
  }

  /** @internal */
  get cache(): DekCache | undefined {
    this.#refuseClosed()
    return this.#cache
  }

  /** What the DEK cache has done so far; all zero without one. */
  get statistics(): CacheStatistics {
    return this.#cache?.statistics ?? { hits: 0, misses: 0, evictions: 0, entries: 0 }
  }

  /** Drops every cached DEK; those in use are wiped when their last user is done. */
  evict(): void {
    this.#cache?.clear()
  }

  /** Drops every cached DEK and closes every KEK. Calls under way finish first; later ones are refused. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  /** `await using` closes the keyring. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #close(): Promise<void> {
    this.#cache?.clear()
    await Promise.allSettled(this.#underWay)
    const keks = new Set([...this.#policy.sealGroups.flat(), ...this.#policy.openGroups.flat()])
    // Every one is closed, whatever another one answers.
    const closings = await Promise.allSettled([...keks].map((kek) => kek.close()))
    for (const closing of closings) if (closing.status === 'rejected') throw closing.reason
  }

  #refuseClosed(): void {
    if (this.#closing !== undefined)
      throw new KeywrightError('configuration', 'this keyring was closed', { field: 'keys' })
  }
}

/**
 * Makes a keyring.
 *
 * @param options at least one KEK; a keyring may be for sealing only or for opening only
 * @throws KeywrightError `configuration`, naming the option that is wrong
 */
export function keyring(options: KeyringOptions): Keyring {
  const policy = keyPolicy(options)
  return new Keyring(policy, options.cache === undefined ? undefined : new DekCache(options.cache))
}
