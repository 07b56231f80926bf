import { isKeywrightError, KeywrightError } from '@keywright/core/provider'
import { CryptokiFailure } from './cryptoki-calls.ts'
import { lostObjects } from './error-codes.ts'
import { findKeyObjects, isStillThere, type KeyObject } from './key-objects.ts'
import type { Lease } from './session-pool.ts'
import type { Token } from './token.ts'
import { isKeyId, type KeyName } from './token-uri.ts'

/** Which key, and how long the version that wraps is remembered. */
export interface KeyVersionsOptions extends KeyName {
  readonly currentMaxAgeMs?: number | undefined
}

type Use<T> = (lease: Lease, key: KeyObject) => Promise<T>
/** Finds the object to use; at once, where it is known. */
type Find = (lease: Lease, again: boolean) => KeyObject | Promise<KeyObject>

/** The versions of one key: objects with its label, told apart by CKA_ID. */
export class KeyVersions {
  readonly #token: Token
  readonly #options: KeyVersionsOptions
  /** Handles are good until the object or the log-in goes. */
  readonly #known = new Map<string, KeyObject>()
  #current: { readonly key: KeyObject; readonly at: number } | undefined

  constructor(token: Token, options: KeyVersionsOptions) {
    this.#token = token
    this.#options = options
  }

  /**
   * All versions that can unwrap, newest first; those that can wrap, where only public keys are here. The next wrap looks
   * for the one that wraps: whoever is told here of a new version, as a rewrap to it is, gets that one.
   *
   * @throws KeywrightError `key-not-found` where there is none
   */
  list(): Promise<readonly KeyObject[]> {
    this.#current = undefined
    return this.#token.run(async (lease) => {
      const kept = await this.#find(lease, 'unwrap')
      const found = kept.length > 0 ? kept : await this.#find(lease, 'wrap')
      if (found.length > 0) return found
      throw this.#missing('key-not-found')
    })
  }

  /** The version that wraps: the configured one, else the newest. */
  currentOf(found: readonly KeyObject[]): KeyObject {
    const { id } = this.#options
    const current = id === undefined ? found[0] : found.find(({ version }) => version === id)
    if (current !== undefined) return current
    throw this.#missing(found.length > 0 ? 'key-version-retired' : 'key-not-found')
  }

  /** Uses the version that wraps. */
  withCurrent<T>(use: Use<T>): Promise<T> {
    const { currentMaxAgeMs = 0 } = this.#options
    return this.#withFound(async (lease, again) => {
      const remembered = this.#current
      const fresh = remembered !== undefined && performance.now() - remembered.at < currentMaxAgeMs
      if (fresh && !again && (await isStillThere(this.#token, lease, remembered.key, this.#options.key))) {
        return remembered.key
      }
      const key = await this.findCurrent(lease)
      this.#current = { key, at: performance.now() }
      return key
    }, use)
  }

  /** Looks the version that wraps up, whatever is remembered; its handle is good in this lease. */
  async findCurrent(lease: Lease): Promise<KeyObject> {
    return this.currentOf(await this.#find(lease, 'wrap'))
  }

  /**
   * Uses the version that a slot names.
   *
   * @param version CKA_ID in lower-case hexadecimal; empty for an object that has none
   * @throws KeywrightError `invalid-argument` for another spelling; `key-version-retired` where the key is there and
   *   this version is not, `key-destroyed` where it was
   */
  withVersion<T>(version: string, use: Use<T>): Promise<T> {
    if (version !== '' && !isKeyId(version)) {
      const message = 'a version of a PKCS#11 key is its CKA_ID in lower-case hexadecimal'
      throw new KeywrightError('invalid-argument', message, { field: 'keyVersion' })
    }
    return this.#withFound((lease, again) => {
      const known = this.#known.get(version)
      const good = known !== undefined && !again && known.epoch === lease.epoch
      return good ? known : this.#findVersion(lease, version)
    }, use)
  }

  async #findVersion(lease: Lease, version: string): Promise<KeyObject> {
    this.#known.delete(version)
    const found = await this.#find(lease, 'unwrap')
    const key = found.find((object) => object.version === version)
    if (key === undefined) throw this.#missing(found.length > 0 ? 'key-version-retired' : 'key-not-found')
    this.#known.set(version, key)
    return key
  }

  /** Looks an object up once more where its handle means nothing any longer. */
  async #withFound<T>(find: Find, use: Use<T>): Promise<T> {
    try {
      return await this.#token.run((lease) => {
        const key = find(lease, false)
        return key instanceof Promise ? key.then((found) => use(lease, found)) : use(lease, key)
      })
    } catch (error) {
      if (!(error instanceof CryptokiFailure) || !lostObjects.has(error.rv)) throw error
    }
    try {
      return await this.#token.run(async (lease) => use(lease, await find(lease, true)))
    } catch (error) {
      throw isKeywrightError(error, 'key-not-found') ? this.#missing('key-destroyed') : error
    }
  }

  async #find(lease: Lease, purpose: 'wrap' | 'unwrap'): Promise<readonly KeyObject[]> {
    const { key, type } = this.#options
    const pair = purpose === 'wrap' ? 'public' : 'private'
    const found = await findKeyObjects(this.#token, lease, type === 'private' ? pair : 'secret', key)
    await this.#token.refusePartialView(lease, found.length === 0)
    return found
  }

  #missing(code: 'key-not-found' | 'key-version-retired' | 'key-destroyed'): KeywrightError {
    const { key } = this.#options
    const messages = {
      'key-not-found': `the token has no key labelled "${key}"`,
      'key-version-retired': `the token has a key labelled "${key}", and not this version of it`,
      'key-destroyed': `the key labelled "${key}" is no longer on the token`,
    }
    return new KeywrightError(code, messages[code], { field: 'key' })
  }
}
