// Builds the one native addon of the workspace, pkcs11js, with a C++ compiler alone: the headers come with the package
// that carries Node. node-gyp would ask for Python and make besides, and fetch headers from an address of its own; and
// when it fails pnpm removes the package, and with it the types that the checks need.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'

// What pkcs11js's own binding.gyp lists.
const sources = ['dl', 'common', 'main'].map((name) => `src/${name}.cpp`)
const definitions = ['NAPI_DISABLE_CPP_EXCEPTIONS', 'BUILDING_NODE_EXTENSION', 'NODE_GYP_MODULE_NAME=pkcs11']

const leftOut = 'PKCS#11 is left out'

/**
 * Builds the addon where it is missing and there is a compiler. Without it only the PKCS#11 provider is missing.
 * @param {string} root of the workspace
 * @param {string} node the binary whose headers are used
 * @returns {{ built: boolean, line?: string }} whether it is there now, and one line about what was done or to be done
 */
export function buildAddon(root, node) {
  const folder = join(root, 'packages/providers/pkcs11/node_modules/pkcs11js')
  const built = join(folder, 'build/Release/pkcs11.node')
  if (process.platform === 'win32' || !existsSync(folder) || existsSync(built)) return { built: true }
  if (!hasCompiler())
    return { built: false, line: `${leftOut}: it needs a C++ compiler ("apt-get install g++")` }
  const draft = `${built}.${process.pid}`
  mkdirSync(join(folder, 'build/Release'), { recursive: true })
  const flags = ['-std=c++17', '-O2', '-fPIC', '-shared', '-fvisibility=hidden']
  if (process.platform === 'darwin') flags.push('-undefined', 'dynamic_lookup')
  const headers = ['includes', join(node, '../../include/node')].map((path) => `-I${path}`)
  const args = [...flags, ...definitions.map((name) => `-D${name}`), ...headers, ...sources, '-o', draft]
  const { status, stderr } = spawnSync('c++', args, { cwd: folder, encoding: 'utf8' })
  if (status !== 0) return { built: false, line: `${leftOut}: its addon could not be built\n${stderr}` }
  renameSync(draft, built)
  return { built: true, line: 'the PKCS#11 addon is built' }
}

/** Whether there is a C++ compiler. */
export function hasCompiler() {
  return spawnSync('c++', ['--version']).status === 0
}
