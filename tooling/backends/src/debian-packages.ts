import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { cacheRoot } from './cache-folder.ts'
import { withLock } from './lock.ts'
import { runTool } from './run-tool.ts'

/**
 * Whether packages of the system may be installed here: as root, with apt, and on a CI machine alone. On a
 * contributor's machine nothing outside the workspace is ever changed.
 */
export function mayInstallSystemPackages(): boolean {
  return process.env['CI'] === 'true' && process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')
}

/** Installs packages of the system; only where `mayInstallSystemPackages` says so. */
export async function installSystemPackages(
  names: readonly string[],
  say: (line: string) => void,
): Promise<void> {
  const env = { DEBIAN_FRONTEND: 'noninteractive' }
  await withLock(
    join(cacheRoot, 'apt.lock'),
    () => say('another process is using apt-get'),
    async () => {
      say(`${names.join(' ')}, by apt-get`)
      await runTool('apt-get', ['update', '-q'], { env })
      await runTool('apt-get', ['install', '-y', '-q', '--no-install-recommends', ...names], { env })
    },
  )
}
