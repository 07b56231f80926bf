import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { BackendMissing } from '../src/backend.ts'
import { runTool } from '../src/run-tool.ts'

/**
 * Fetches Debian packages and unpacks them into a folder, which asks no permission of the system and changes nothing
 * in it.
 *
 * @param names of packages, without what they depend on
 * @param folder gets `usr/…` of each
 * @throws BackendMissing where apt-get cannot serve them
 */
export async function unpackPackages(names: readonly string[], folder: string): Promise<void> {
  const downloads = join(folder, 'packages')
  mkdirSync(downloads, { recursive: true })
  try {
    // As root, apt would hand the download to a user who cannot write here.
    const sandbox = process.getuid?.() === 0 ? ['-o', 'APT::Sandbox::User=root'] : []
    await runTool('apt-get', [...sandbox, 'download', '-q', ...names], { cwd: downloads })
  } catch {
    throw new BackendMissing(
      `install the system's own ("apt-get install ${names.join(' ')}"), or let "apt-get update" run once, so that they can be fetched without root`,
    )
  }
  for (const file of readdirSync(downloads)) await runTool('dpkg', ['-x', join(downloads, file), folder])
}
