import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** What a service keeps between runs: one JSON document. */
export interface KeyFolder<State> {
  /** The state as it was last saved; undefined at the first start, or without a folder. */
  readonly load: () => State | undefined
  /** Saves the state, whole or not at all. */
  readonly save: (state: State) => void
}

/**
 * Keeps a service's state in `FOLDER/NAME.json`, or nowhere.
 *
 * @param folder made when it is missing, readable by its owner only; undefined: nothing is kept
 * @param name the service's name
 */
export function keyFolder<State>(folder: string | undefined, name: string): KeyFolder<State> {
  if (folder === undefined) return { load: () => undefined, save: () => {} }
  const file = join(folder, `${name}.json`)
  return {
    load: () => {
      try {
        // The folder belongs to whoever starts the emulator, and holds what an emulator wrote.
        return JSON.parse(readFileSync(file, 'utf8')) as State
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
        throw error
      }
    },
    save: (state) => {
      mkdirSync(folder, { recursive: true, mode: 0o700 })
      const draft = `${file}.draft`
      writeFileSync(draft, JSON.stringify(state), { mode: 0o600 })
      renameSync(draft, file)
    },
  }
}
