import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Packed, run } from './pack-workspace.ts'

/** A project elsewhere that installed packages of ours from their tarballs. */
export interface Consumer {
  readonly folder: string
  /** Names of all packages that came with it. */
  readonly installed: readonly string[]
}

/**
 * Installs tarballs as a consumer would, with npm.
 *
 * @param folder a new folder
 * @param packed packages to depend on
 * @param all every package of ours, for those that depend on one another
 * @param more packages from the registry, with their versions
 */
export function install(
  folder: string,
  packed: readonly Packed[],
  all: readonly Packed[],
  more: Readonly<Record<string, string>> = {},
): Consumer {
  mkdirSync(folder, { recursive: true })
  const files = (list: readonly Packed[]): Record<string, string> =>
    Object.fromEntries(list.map(({ name, tarball }) => [name, `file:${tarball}`]))
  const manifest = {
    name: 'consumer',
    private: true,
    type: 'module',
    dependencies: { ...files(packed), ...more },
    overrides: files(all.filter(({ name }) => !packed.some((one) => one.name === name))),
  }
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest))
  // The one script among them builds the PKCS#11 addon, which nothing here calls.
  run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], folder)
  return { folder, installed: installedIn(join(folder, 'node_modules')) }
}

function installedIn(modules: string): readonly string[] {
  return readdirSync(modules, { withFileTypes: true }).flatMap((entry) => {
    if (!entry.isDirectory() || entry.name.startsWith('.')) return []
    if (!entry.name.startsWith('@')) return [entry.name]
    return readdirSync(join(modules, entry.name)).map((name) => `${entry.name}/${name}`)
  })
}
