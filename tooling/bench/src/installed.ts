import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { benchFolder } from './bench-kek.ts'

/** A project elsewhere that installed packages of ours. */
export interface Installed {
  readonly folder: string
  /** How many packages came with it. */
  readonly packages: number
}

const workspace = resolve(import.meta.dirname, '../../..')
const tarballs = join(benchFolder, 'tarballs')
const packed = new Map<string, { readonly name: string; readonly filename: string }>()

/** Builds and packs one package as a release would. */
function pack(folder: string): { readonly name: string; readonly filename: string } {
  const known = packed.get(folder)
  if (known !== undefined) return known
  const cwd = join(workspace, folder)
  mkdirSync(tarballs, { recursive: true })
  execute(process.execPath, [join(workspace, 'tooling/build/src/main.ts')], cwd)
  const pnpm = join(workspace, 'tooling/setup/pnpm.mjs')
  const args = [pnpm, '-C', cwd, 'pack', '--json', '--pack-destination', tarballs]
  const printed = execute(process.execPath, args, cwd)
  const result = JSON.parse(printed.slice(printed.indexOf('{')))
  packed.set(folder, result)
  return result
}

/**
 * A project that installed packages of ours from their tarballs, built and packed as they are now.
 *
 * @param name of the project's folder
 * @param folders of the packages in the workspace, what others depend on first
 */
export function installPacked(name: string, folders: readonly string[]): Installed {
  const folder = join(benchFolder, name)
  mkdirSync(folder, { recursive: true })
  const dependencies = Object.fromEntries(
    folders.map(pack).map((one) => [one.name, `file:${resolve(tarballs, one.filename)}`]),
  )
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ name, private: true, type: 'module', dependencies }),
  )
  execute('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error'], folder)
  return { folder, packages: countIn(join(folder, 'node_modules')) }
}

function countIn(modules: string): number {
  const names = readdirSync(modules).filter((name) => !name.startsWith('.'))
  return names.reduce(
    (sum, name) => sum + (name.startsWith('@') ? readdirSync(join(modules, name)).length : 1),
    0,
  )
}

function execute(program: string, args: readonly string[], cwd: string): string {
  return execFileSync(program, args, { cwd, encoding: 'utf8', stdio: 'pipe' })
}
