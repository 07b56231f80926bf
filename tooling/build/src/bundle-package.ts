import { readFile, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { rolldown } from 'rolldown'

/** The part of a manifest that says what a package publishes. */
export interface Manifest {
  readonly exports: Readonly<Record<string, string>>
  readonly publishConfig?: {
    readonly exports: Readonly<Record<string, string | { readonly default: string }>>
  }
  readonly dependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
  /** Files that are loaded by their own name, such as workers; each becomes a file of `dist` of that name. */
  readonly keywright?: { readonly entries?: readonly string[] }
}

/**
 * The files of `dist` that a package has to have, by the source file of each.
 *
 * @param manifest of the package
 * @returns from the name of a file in `dist`, without extension, to its source
 */
export function entriesOf(manifest: Manifest): Readonly<Record<string, string>> {
  const entries: Record<string, string> = {}
  for (const [subpath, target] of Object.entries(manifest.publishConfig?.exports ?? {})) {
    const source = manifest.exports[subpath]
    if (typeof target === 'string' || source === undefined) continue
    entries[basename(target.default, '.js')] = source
  }
  for (const source of manifest.keywright?.entries ?? []) entries[basename(source, '.ts')] = source
  return entries
}

/**
 * Writes a package's JavaScript to its `dist`: one file for each entry and one for what they share, so that an import
 * costs a few files instead of some sixty. Everything lies flat beside one another, so that a file finds its worker
 * by the same relative name as in the source folder.
 *
 * @param folder of the package
 */
export async function bundlePackage(folder: string): Promise<void> {
  const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Manifest
  const packages = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })
  const bundle = await rolldown({
    cwd: folder,
    input: entriesOf(manifest),
    platform: 'node',
    external: (id) =>
      id.startsWith('node:') || packages.some((name) => id === name || id.startsWith(`${name}/`)),
  })
  await bundle.write({
    dir: join(folder, 'dist'),
    format: 'esm',
    chunkFileNames: '[name]-[hash].js',
    sourcemap: true,
  })
  await bundle.close()
}

/** Removes what an earlier build left, so that nothing stale is packed. */
export async function clearDist(folder: string): Promise<void> {
  await rm(join(folder, 'dist'), { recursive: true, force: true })
}
