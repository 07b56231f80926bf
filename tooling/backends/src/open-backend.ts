import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Backend, BackendMissing, type RunningBackend } from './backend.ts'
import { forgetInstallation, installBackend } from './install-backend.ts'
import { leashFolder } from './leash.ts'
import { loadBackend } from './registry.ts'

/**
 * Installs a backend where that is needed, and starts one of this process's own. It ends at `stop`, or with this
 * process, and leaves no folder behind either way. For scripts and harnesses; a test file calls `startBackend`.
 *
 * @param name of a folder in `tooling/backends`
 * @param say receives a line for each thing fetched or built; standard error if not given
 * @throws BackendMissing when this machine lacks something; the message says how to get it
 */
export async function openBackend(
  name: string,
  say: (line: string) => void = (line) => process.stderr.write(`${line}\n`),
): Promise<RunningBackend> {
  return openLoaded(await loadBackend(name), say)
}

/** The same for a definition at hand. */
export async function openLoaded(backend: Backend, say: (line: string) => void): Promise<RunningBackend> {
  const cache = await installBackend(backend, say)
  try {
    return await start(backend, cache)
  } catch (error) {
    if (!(error instanceof BackendMissing) || (await backend.missing?.()) !== undefined) throw error
    forgetInstallation(backend)
    return start(backend, await installBackend(backend, say))
  }
}

async function start(backend: Backend, cache: string): Promise<RunningBackend> {
  const folder = mkdtempSync(join(tmpdir(), `keywright-${backend.name}-`))
  const release = leashFolder(folder)
  const remove = (): void => {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
    release()
  }
  try {
    const running = await backend.start({ cache, folder })
    let stopped: Promise<void> | undefined
    const stop = (): Promise<void> => {
      stopped ??= running.stop().finally(remove)
      return stopped
    }
    return { ...running, stop }
  } catch (error) {
    remove()
    throw error
  }
}
