import { readFile } from 'node:fs/promises'
import process from 'node:process'
import { KeywrightError } from '@keywright/core'
import { type Asker, askPassphrase } from '../terminal/ask.ts'

/** Where the passphrases of local keys come from, in this order: a flag, the environment, the terminal. */
export class Passphrases {
  readonly #byName: ReadonlyMap<string | undefined, string>
  readonly #asker: Asker | undefined

  /**
   * @param flags values of --passphrase-file: a path, or NAME=path
   * @param asker undefined without a terminal
   */
  constructor(flags: readonly string[], asker: Asker | undefined) {
    this.#byName = new Map(flags.map(namedPath))
    this.#asker = asker
  }

  /** Whether a flag says where this key's passphrase is. */
  hasFile(name: string): boolean {
    return this.#path(name) !== undefined
  }

  /**
   * The source of a key's passphrase for `@keywright/local`.
   *
   * @param name of the key
   * @param guarded whether its file says that it has one
   * @returns undefined to leave it to the environment
   */
  sourceFor(name: string, guarded: boolean): (() => Promise<string>) | undefined {
    const path = this.#path(name)
    if (path !== undefined) return () => readPassphrase(path)
    if (inEnvironment() || !guarded) return undefined
    const asker = this.#asker
    if (asker !== undefined) return () => askPassphrase(asker, name, false)
    throw new KeywrightError(
      'unauthenticated',
      `the key local://${name} has a passphrase: --passphrase-file PATH, or KEYWRIGHT_PASSPHRASE_FILE in the environment`,
      { field: '--passphrase-file', key: `local://${name}` },
    )
  }

  /**
   * The passphrase that a new key gets.
   *
   * @param ask whether --passphrase was given
   * @returns undefined to leave it to the environment
   */
  sourceForNew(name: string, ask: boolean): (() => Promise<string>) | undefined {
    const path = this.#path(name)
    if (path !== undefined) return () => readPassphrase(path)
    if (!ask || inEnvironment()) return undefined
    const asker = this.#asker
    if (asker !== undefined) return () => askPassphrase(asker, name, true)
    const message = '--passphrase asks on a terminal, and there is none: use --passphrase-file PATH'
    throw new KeywrightError('invalid-argument', message, { field: '--passphrase' })
  }

  #path(name: string): string | undefined {
    return this.#byName.get(name) ?? this.#byName.get(undefined)
  }
}

function inEnvironment(): boolean {
  const { KEYWRIGHT_PASSPHRASE: text, KEYWRIGHT_PASSPHRASE_FILE: file } = process.env
  return text !== undefined || file !== undefined
}

function namedPath(flag: string): readonly [string | undefined, string] {
  const [, name, path] = /^([a-z0-9][a-z0-9._-]{0,62})=(.+)$/s.exec(flag) ?? []
  return name === undefined || path === undefined ? [undefined, flag] : [name, path]
}

async function readPassphrase(path: string): Promise<string> {
  try {
    const bytes = await readFile(path)
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes).replace(/\r?\n$/, '')
    bytes.fill(0)
    return text
  } catch {
    throw new KeywrightError('configuration', `the passphrase file ${path} cannot be read as UTF-8 text`, {
      field: '--passphrase-file',
    })
  }
}
