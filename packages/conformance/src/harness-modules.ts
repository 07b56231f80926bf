import { existsSync, globSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { ConformanceHarness } from './harness.ts'

/** A mistake in how the command was called. */
export class UsageError extends Error {}

/** A module whose backend cannot be had on this machine, with one line that says how to get it. */
export interface MissingBackend {
  readonly path: string
  readonly line: string
}

/** What a module exports, or why it cannot be used here. */
export type LoadedModule =
  | { readonly harnesses: readonly ConformanceHarness[] }
  | { readonly missing: MissingBackend }

/**
 * The harness modules of a Keywright workspace, each provider's `harness.ts` before its `harness-*.ts`.
 *
 * @param folder anywhere in it
 * @throws UsageError outside of one
 */
export function workspaceModules(folder: string): readonly string[] {
  let root = folder
  while (!existsSync(join(root, 'pnpm-workspace.yaml'))) {
    if (dirname(root) === root)
      throw new UsageError('not in a Keywright workspace: name a module with --module')
    root = dirname(root)
  }
  const found = globSync('packages/providers/*/conformance/harness{,-*}.ts', { cwd: root })
  const byName = (path: string): string => path.replace(/\.ts$/, '')
  return found.sort((a, b) => (byName(a) < byName(b) ? -1 : 1)).map((path) => join(root, path))
}

/**
 * Loads a harness module.
 *
 * @param path of a module that exports `harness` or `harnesses`
 * @returns its harnesses, or that its backend is missing: it threw an error named `BackendMissing`
 * @throws UsageError for a path that is none, or exports neither
 */
export async function loadModule(path: string): Promise<LoadedModule> {
  if (!existsSync(path)) throw new UsageError(`${path} does not exist`)
  let module: { harness?: ConformanceHarness; harnesses?: readonly ConformanceHarness[] }
  try {
    module = await import(pathToFileURL(path).href)
  } catch (error) {
    const line = missingLine(error)
    if (line === undefined) throw error
    return { missing: { path, line } }
  }
  const harnesses = module.harnesses ?? (module.harness === undefined ? [] : [module.harness])
  if (harnesses.length === 0) throw new UsageError(`${path} exports neither "harness" nor "harnesses"`)
  return { harnesses }
}

/** What to do about an error that says that a backend is missing; undefined for any other. */
export function missingLine(error: unknown): string | undefined {
  return error instanceof Error && error.name === 'BackendMissing' ? error.message : undefined
}
