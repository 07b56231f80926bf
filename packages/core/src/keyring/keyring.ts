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
  #closed = false

  /** @internal */
  constructor(policy: KeyPolicy, cache: DekCache | undefined) {
    this.#policy = policy
    this.#cache = cache
  }

  /** @internal */
  get policy(): KeyPolicy {
    this.#refuseClosed()
    return this.#policy
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

  /** Drops every cached DEK and closes every KEK. Calls under way finish; later ones are refused. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#cache?.clear()
    const keks = new Set([...this.#policy.sealGroups.flat(), ...this.#policy.openGroups.flat()])
    await Promise.all([...keks].map((kek) => kek.close()))
  }

  /** `await using` closes the keyring. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #refuseClosed(): void {
    if (this.#closed) throw new KeywrightError('configuration', 'this keyring was closed', { field: 'keys' })
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
