import { KeywrightError } from '@keywright/core/provider'
import { wipeMaterial } from './key-file.ts'
import type { KeyHeader } from './key-header.ts'
import type { KeyLocation } from './key-location.ts'
import type { ReadPassphrase } from './passphrase.ts'
import { stampOfFile } from './private-file.ts'
import { keyNotFound, openKey, type PassphraseKey } from './read-key.ts'
import { importXaesKey, wipeXaesKey, type XaesKey } from './xaes-256-gcm.ts'

/** A key's file as it is now, ready for use. */
export interface KeyState {
  readonly header: KeyHeader
  /** The keys of the versions that are not destroyed. */
  readonly keys: ReadonlyMap<number, XaesKey>
}

interface LoadedKey extends KeyState {
  readonly stamp: string
}

/** Reads of a file that is replaced each time before the read is done; nobody rotates that fast. */
const maxReads = 8

/**
 * The key of a long-lived process. Another process may rotate, disable or destroy versions at any time; so each use
 * first asks the file system whether the file is still the same one, and reads it again if not. A file that was
 * replaced by a damaged or unsafe one is refused from then on, rather than used as it once was.
 */
export class LiveKey {
  readonly #location: KeyLocation
  readonly #passphrase: ReadPassphrase | undefined
  #loaded: LoadedKey | undefined
  #passphraseKey: PassphraseKey | undefined
  #loading: Promise<void> | undefined
  #closed = false

  /**
   * @param location where the key's file is
   * @param passphrase how to get the passphrase, when there is to be one; asked again when the file gets another
   */
  constructor(location: KeyLocation, passphrase: ReadPassphrase | undefined) {
    this.#location = location
    this.#passphrase = passphrase
  }

  /**
   * Uses the key as its file has it now.
   *
   * @param operate runs to its end at once, so that no reload or close can wipe the keys under it
   * @throws KeywrightError `key-not-found`, `access-denied`, `unavailable`, `unauthenticated`, `configuration`;
   *   what `operate` throws
   */
  async use<T>(operate: (state: KeyState) => T): Promise<T> {
    for (let reads = 0; reads <= maxReads; reads++) {
      this.#refuseClosed()
      const stamp = stampOfFile(this.#location.path)
      if (stamp === undefined) throw keyNotFound(this.#location)
      if (this.#loaded?.stamp === stamp) return operate(this.#loaded)
      // The read may have begun before the file changed: what it brought is compared again.
      await this.reload()
    }
    throw new KeywrightError('unavailable', `the file of the key "${this.#location.name}" keeps changing`)
  }

  /** Reads the file whatever its stamp says. Concurrent calls share one read: a passphrase takes 0.35 s and 128 MiB. */
  reload(): Promise<void> {
    this.#loading ??= this.#read().finally(() => {
      this.#loading = undefined
    })
    return this.#loading
  }

  /** Zero-fills what is ours, the key derived from a passphrase among it. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#loading?.catch(() => {})
    this.#forget()
  }

  #refuseClosed(): void {
    if (this.#closed) throw new KeywrightError('configuration', 'this key was closed', { field: 'key' })
  }

  async #read(): Promise<void> {
    this.#refuseClosed()
    const opened = await openKey(this.#location, this.#passphrase, this.#passphraseKey)
    const keys = new Map([...opened.material].map(([version, bytes]) => [version, importXaesKey(bytes)]))
    wipeMaterial(opened.material)
    if (this.#passphraseKey === opened.passphraseKey) this.#passphraseKey = undefined
    this.#forget()
    this.#passphraseKey = opened.passphraseKey
    this.#loaded = { header: opened.header, keys, stamp: opened.stamp }
  }

  #forget(): void {
    for (const key of this.#loaded?.keys.values() ?? []) wipeXaesKey(key)
    this.#loaded = undefined
    this.#passphraseKey?.bytes.fill(0)
    this.#passphraseKey = undefined
  }
}
