import { importDataKey } from '../body/derive.ts'
import type { MacKey } from '../crypto/primitives.ts'
import { KeywrightError } from '../errors.ts'

/**
 * A DEK in use. Its bytes are gone once it is made: what remains is the platform's key object, which is given up by
 * `wipe`. Shows nothing of itself when it is printed.
 */
export class DataKey {
  #key: MacKey | undefined

  private constructor(key: MacKey) {
    this.#key = key
  }

  /**
   * Takes bytes over: they are zero-filled whatever happens.
   *
   * @param bytes exactly 32, not all zero
   * @throws KeywrightError `invalid-response`
   */
  static async take(bytes: Uint8Array): Promise<DataKey> {
    try {
      if (bytes.every((byte) => byte === 0)) {
        throw new KeywrightError('invalid-response', 'a data key of zeros is no key', { field: 'dataKey' })
      }
      return new DataKey(await importDataKey(bytes))
    } finally {
      bytes.fill(0)
    }
  }

  /**
   * The key, for derivations.
   *
   * @throws KeywrightError `configuration` after {@link wipe}
   */
  get key(): MacKey {
    if (this.#key === undefined) throw new KeywrightError('configuration', 'this data key was wiped')
    return this.#key
  }

  /** Gives the key up; the platform frees its memory when it is collected. */
  wipe(): void {
    this.#key = undefined
  }
}
