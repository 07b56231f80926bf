import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cacheRoot } from './cache-folder.ts'
import { isAlive, type ProcessIdentity } from './process-identity.ts'

/** What is written down about a backend that the script started. */
export interface RunningState {
  readonly name: string
  readonly version: string
  readonly environment: Readonly<Record<string, string>>
  /** The process that holds it. */
  readonly keeper: ProcessIdentity
}

// Another folder is another set of running backends, as for a second shell or a test.
const folder = process.env['KEYWRIGHT_BACKENDS_STATE'] ?? join(cacheRoot, 'running')

/** The folder of the states, made where it is missing. */
export function stateFolder(): string {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  return folder
}

/** Writes a state down, whole or not at all. */
export function writeState(state: RunningState): void {
  const file = join(stateFolder(), `${state.name}.json`)
  writeFileSync(`${file}.draft`, JSON.stringify(state), { mode: 0o600 })
  renameSync(`${file}.draft`, file)
}

export function removeState(name: string): void {
  rmSync(join(folder, `${name}.json`), { force: true })
}

/** The state of a backend that runs; one whose keeper has died is removed and counts as none. */
export function readState(name: string): RunningState | undefined {
  let state: RunningState
  try {
    state = JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')) as RunningState
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    if (!(error instanceof SyntaxError)) throw error
    removeState(name)
    return undefined
  }
  if (state.keeper !== undefined && isAlive(state.keeper)) return state
  removeState(name)
  return undefined
}

/** All that runs, by name. */
export function readStates(): readonly RunningState[] {
  const files = readdirSync(stateFolder()).filter((file) => file.endsWith('.json'))
  return files.sort().flatMap((file) => readState(file.slice(0, -'.json'.length)) ?? [])
}
