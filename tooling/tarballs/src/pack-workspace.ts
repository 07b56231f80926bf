import { execFileSync } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import process from 'node:process'
import { withLock } from '@keywright/backends/lock'

/** The folder of the workspace. */
export const workspace: string = resolve(import.meta.dirname, '../../..')

/** A package as it would be published. */
export interface Packed {
  readonly name: string
  /** Its folder in the workspace. */
  readonly folder: string
  /** The tarball. */
  readonly tarball: string
}

/** Names of all packages that are published. */
export function publishedNames(): readonly string[] {
  return publishedFolders().map((folder) => String(manifestOf(folder)['name']))
}

/** Folders of all packages that are published, what others depend on first. */
function publishedFolders(): readonly string[] {
  const first = ['core', 'vectors', 'resilience', 'providers/*', '*'].map((name) => `packages/${name}`)
  const order = [...first, 'apps/*']
  const folders = order.flatMap((pattern) =>
    globSync(`${pattern}/package.json`, { cwd: workspace }).sort().map(dirname),
  )
  return [...new Set(folders)].filter((folder) => manifestOf(folder)['private'] !== true)
}

function manifestOf(folder: string): Readonly<Record<string, unknown>> {
  return JSON.parse(readFileSync(join(workspace, folder, 'package.json'), 'utf8'))
}

/**
 * Builds and packs every published package, as a release would. Packages are built where they are, so that only one
 * process does it at a time.
 *
 * @param destination folder that receives the tarballs
 * @param only folders of the workspace, with all that they depend on of ours; default: all
 */
export function packWorkspace(destination: string, only?: readonly string[]): Promise<readonly Packed[]> {
  const folders = publishedFolders().filter((folder) => only?.includes(folder) ?? true)
  const cache = join(workspace, 'node_modules/.cache/keywright')
  return withLock(
    join(cache, 'pack.lock'),
    () => {},
    async () => folders.map((folder) => packPackage(folder, destination)),
  )
}

/**
 * Builds and packs one package; what it depends on has been built.
 *
 * @param folder its folder in the workspace
 * @param destination folder that receives the tarball
 */
function packPackage(folder: string, destination: string): Packed {
  const cwd = join(workspace, folder)
  run(process.execPath, [join(workspace, 'tooling/build/src/main.ts')], cwd)
  const pnpm = join(workspace, 'tooling/setup/pnpm.mjs')
  const printed = run(
    process.execPath,
    [pnpm, '-C', cwd, 'pack', '--json', '--pack-destination', destination],
    cwd,
  )
  const { name, filename } = JSON.parse(printed.slice(printed.indexOf('{'))) as {
    name: string
    filename: string
  }
  return { name, folder, tarball: resolve(destination, filename) }
}

/** Runs a program to its end and returns what it printed; throws, with all of it, when it fails. */
export function run(
  program: string,
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv = {},
): string {
  return execFileSync(program, args, {
    cwd,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    stdio: 'pipe',
    env: { ...process.env, ...env },
  })
}
