import { readFile, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { type OutputOptions, type RolldownBuild, rolldown } from 'rolldown'

/** The part of a manifest that says what a package publishes. */
export interface Manifest {
  readonly exports: Readonly<Record<string, string>>
  readonly publishConfig?: {
    readonly exports: Readonly<Record<string, string | { readonly default: string }>>
  }
  readonly dependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
  readonly keywright?: {
    /** Files that are loaded by their own name, such as workers; each becomes a file of `dist` of that name. */
    readonly entries?: readonly string[]
    /** Sources of subpaths that are also imported without the others, and then read nothing of theirs. */
    readonly alone?: readonly string[]
  }
}

/** Files of `dist`, by name without extension, and the source of each. */
type Entries = Readonly<Record<string, string>>

/** What a package's `dist` is made of. */
interface Programs {
  /** What others import, by subpath. */
  readonly library: Entries
  /** What is loaded by its file's name, in a thread of its own. */
  readonly workers: Entries
}

/** The files of `dist` that a package has to have, after its manifest. */
export function programsOf(manifest: Manifest): Programs {
  const library: Record<string, string> = {}
  for (const [subpath, target] of Object.entries(manifest.publishConfig?.exports ?? {})) {
    const source = manifest.exports[subpath]
    if (typeof target === 'string' || source === undefined) continue
    library[basename(target.default, '.js')] = source
  }
  const workers = manifest.keywright?.entries ?? []
  return { library, workers: Object.fromEntries(workers.map((source) => [basename(source, '.ts'), source])) }
}

/**
 * Writes a package's JavaScript to its `dist`: one file for each entry and one for what they share, so that an import
 * costs a few files instead of some sixty; what a subpath needs that is imported alone is one more. A worker shares nothing with them: what it needs would be a file more for
 * everybody else. Comments are left to the declarations and the sources: reading them is a tenth of an import.
 * Everything lies flat beside one another, so that a file finds its worker by the same relative name as in the source
 * folder.
 *
 * @param folder of the package
 */
export async function bundlePackage(folder: string): Promise<void> {
  const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Manifest
  const packages = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })
  const { library, workers } = programsOf(manifest)
  const bundled = (input: Entries): Promise<RolldownBuild> =>
    rolldown({
      cwd: folder,
      input,
      platform: 'node',
      external: (id) =>
        id.startsWith('node:') || packages.some((name) => id === name || id.startsWith(`${name}/`)),
    })
  const written = async (
    input: Entries,
    codeSplitting: NonNullable<OutputOptions['codeSplitting']>,
  ): Promise<void> => {
    const bundle = await bundled(input)
    await bundle.write({
      dir: join(folder, 'dist'),
      format: 'esm',
      chunkFileNames: '[name]-[hash].js',
      codeSplitting,
      comments: { jsdoc: false, legal: true, annotation: true },
      sourcemap: true,
    })
    await bundle.close()
  }
  const ofAlone = await modulesOf(manifest.keywright?.alone ?? [], bundled)
  await written(library, {
    groups: [
      { name: 'alone', test: (module) => ofAlone.has(module), priority: 1 },
      { name: 'shared', minShareCount: 2 },
    ],
  })
  for (const [name, source] of Object.entries(workers)) await written({ [name]: source }, false)
}

/** The modules that some sources need, themselves among them. */
async function modulesOf(
  sources: readonly string[],
  bundled: (input: Entries) => Promise<RolldownBuild>,
): Promise<ReadonlySet<string>> {
  const modules = new Set<string>()
  for (const source of sources) {
    const bundle = await bundled({ alone: source })
    const { output } = await bundle.generate({ format: 'esm' })
    for (const part of output) for (const id of part.type === 'chunk' ? part.moduleIds : []) modules.add(id)
    await bundle.close()
  }
  return modules
}

/** Removes what an earlier build left, so that nothing stale is packed. */
export async function clearDist(folder: string): Promise<void> {
  await rm(join(folder, 'dist'), { recursive: true, force: true })
}
