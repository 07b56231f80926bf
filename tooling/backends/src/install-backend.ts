import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Backend } from './backend.ts'
import { cacheOf, installationKey } from './cache-folder.ts'
import { withLock } from './lock.ts'

/** The folder of the installation that `backend` needs now, and whether it is complete. */
export function installation(backend: Backend): { readonly cache: string; readonly complete: boolean } {
  const cache = join(cacheOf(backend.name), installationKey(backend))
  return { cache, complete: existsSync(marker(cache)) }
}

/**
 * Installs a backend unless the last run left exactly that. Several processes may call this at once: one installs and
 * the others wait for it.
 *
 * @param say receives a line for each thing fetched or built
 * @returns the folder to start it from
 * @throws BackendMissing as the backend's own `install` does
 */
export async function installBackend(backend: Backend, say: (line: string) => void): Promise<string> {
  const { cache, complete } = installation(backend)
  if (complete) return cache
  const home = cacheOf(backend.name)
  mkdirSync(home, { recursive: true })
  const waiting = (): void => say(`${backend.name}: another process is installing it`)
  await withLock(join(home, 'lock'), waiting, async () => {
    if (existsSync(marker(cache))) return
    for (const name of readdirSync(home)) {
      // Installations of other keys, and what a failed one left.
      if (!name.startsWith('lock')) rmSync(join(home, name), { recursive: true, force: true })
    }
    mkdirSync(cache)
    try {
      await backend.install({ cache, say: (line) => say(`${backend.name}: ${line}`) })
    } catch (error) {
      rmSync(cache, { recursive: true, force: true })
      throw error
    }
    writeFileSync(marker(cache), '')
  })
  return cache
}

/** Forgets that an installation was complete, so that the next call installs anew. */
export function forgetInstallation(backend: Backend): void {
  rmSync(marker(installation(backend).cache), { force: true })
}

function marker(cache: string): string {
  return join(cache, '.complete')
}
