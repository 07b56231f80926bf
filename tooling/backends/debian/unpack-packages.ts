import { mkdirSync, readdirSync, rmSync } from 'node:fs'
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
  const download = (options: readonly string[]): Promise<string> =>
    runTool('apt-get', [...options, 'download', '-q', ...names], { cwd: downloads })
  try {
    await download(asRoot).catch(() => downloadWithOwnLists(join(folder, 'apt'), download))
  } catch {
    throw new BackendMissing(`install the system's own ("apt-get install ${names.join(' ')}")`)
  }
  for (const file of readdirSync(downloads)) await runTool('dpkg', ['-x', join(downloads, file), folder])
}

// As root, apt would hand the download to a user who cannot write here.
const asRoot = process.getuid?.() === 0 ? ['-o', 'APT::Sandbox::User=root'] : []

// A machine may have no lists of packages, or old ones, and only root may renew them: lists of our own, then.
async function downloadWithOwnLists(
  folder: string,
  download: (options: readonly string[]) => Promise<string>,
): Promise<void> {
  const [state, cache] = [join(folder, 'state'), join(folder, 'cache')]
  for (const path of [join(state, 'lists/partial'), join(cache, 'archives/partial')]) {
    mkdirSync(path, { recursive: true })
  }
  const places = [`Dir::State=${state}`, `Dir::Cache=${cache}`, 'Dir::State::status=/var/lib/dpkg/status']
  const options = [...asRoot, ...places.flatMap((place) => ['-o', place])]
  // A hook of the system's configuration may fail without root; the download tells whether the lists are there.
  await runTool('apt-get', [...options, 'update', '-q']).catch(() => {})
  await download(options)
  rmSync(folder, { recursive: true, force: true })
}
