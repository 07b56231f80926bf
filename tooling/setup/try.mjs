// `npm run try`: seals, opens, rewraps and verifies one file with a throw-away key, and says what happened.
// Everything it makes is in .try/, the keys included; the file itself is only read.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { basename, join, relative, resolve, sep } from 'node:path'
import process from 'node:process'
import { main } from './launch.mjs'
import { childEnvironment, root, setUp } from './setup.mjs'

const help = `npm run try [-- FILE]     seals, opens, rewraps and verifies FILE (README.md) with a throw-away key
  --help

All that it writes is in .try/, which you may delete. FILE is only read.`

const folder = join(root, '.try')
const keys = join(folder, 'keys')
const blockBytes = 4096

await main((args) => {
  if (args.includes('--help')) {
    console.log(help)
    return 0
  }
  if (args.length > 1 || args[0]?.startsWith('-')) throw new Error(`Give one file, or none.\n\n${help}`)
  const file = choose(args[0])
  const keywright = commandIn(setUp('command'))

  const name = basename(file)
  const sealed = join(folder, `${name}.kw`)
  const opened = join(folder, 'opened', name)
  for (const path of [keys, sealed, join(folder, 'opened')]) rmSync(path, { recursive: true, force: true })
  mkdirSync(join(folder, 'opened'), { recursive: true })

  const size = statSync(file).size
  console.log(`\n  Trying Keywright on ${shown(file)}, ${bytes(size)}\n`)
  keywright('keys', 'create', 'throw-away')
  keywright('keys', 'create', 'throw-away-too')
  line('keys', `two throw-away keys in ${shown(keys)}: for this demonstration, never for your data`)

  let ms = keywright('seal', file, '--key', 'local://throw-away', '--out', sealed)
  line(
    'seal',
    `${shown(sealed)}, ${bytes(statSync(sealed).size)}: a fresh data key, locked by the first key`,
    ms,
  )

  ms = keywright('open', sealed, '--key', 'local://throw-away', '--out', opened)
  if (digest(opened) !== digest(file)) throw new Error('What came out is not what went in.')
  line('open', 'the same bytes came out, compared by SHA-256', ms)

  const before = blocks(sealed)
  ms = keywright('rewrap', sealed, '--from', 'local://throw-away', '--to', 'local://throw-away-too')
  const after = blocks(sealed)
  const changed = after.filter((hash, index) => hash !== before[index]).length
  const part = `${changed} of ${after.length} blocks of 4 KiB rewritten`
  line('rewrap', `now locked by the second key, in place: ${part}, your content not among them`, ms)

  ms = keywright('verify', sealed, '--key', 'local://throw-away-too')
  line('verify', 'every byte read and authenticated under the second key alone', ms)

  const next = [
    [`inspect ${shown(sealed)}`, 'what a sealed file says, without any key'],
    ['init', 'a key of your own and a config file, here'],
    ['--help', 'all the rest'],
  ]
  const width = Math.max(...next.map(([command]) => command.length))
  console.log('\n  Next:')
  for (const [command, what] of next)
    console.log(`    npm run keywright -- ${command.padEnd(width)}   ${what}`)
  console.log('')
  return 0
})

// The file to try on. INIT_CWD is where the user stands: npm itself changes to the root.
function choose(given) {
  if (given !== undefined) {
    const file = resolve(process.env.INIT_CWD ?? process.cwd(), given)
    if (!existsSync(file)) throw new Error(`There is no file ${given}.`)
    if (!statSync(file).isFile()) throw new Error(`${given} is not a file.`)
    if (file.startsWith(folder + sep))
      throw new Error(`${given} is in .try/, which each try clears: give another.`)
    return file
  }
  const readme = join(root, 'README.md')
  if (existsSync(readme)) return readme
  mkdirSync(folder, { recursive: true })
  const hello = join(folder, 'hello.txt')
  writeFileSync(hello, 'Hello, whoever holds the key.\n')
  return hello
}

// Returns a function that runs the command with the keys in .try/ and gives the milliseconds it took.
function commandIn(node) {
  const script = join(root, 'apps/cli/bin/keywright.mjs')
  const env = { ...childEnvironment(), KEYWRIGHT_DATA_DIR: keys }
  return (...args) => {
    const started = performance.now()
    const options = { cwd: folder, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }
    mkdirSync(folder, { recursive: true })
    const result = spawnSync(node, [script, ...args], options)
    if (result.status === 0) return performance.now() - started
    process.stderr.write(`${result.stdout ?? ''}${result.stderr ?? ''}`)
    throw result.error ?? new Error(`keywright ${args.join(' ')} ended with exit code ${result.status}.`)
  }
}

function line(verb, text, ms) {
  console.log(`  ${verb.padEnd(8)}${text}${ms === undefined ? '' : ` (${ms.toFixed(0)} ms)`}`)
}

function shown(path) {
  const inside = relative(root, path)
  return inside.startsWith('..') ? path : inside
}

function bytes(count) {
  const units = ['KiB', 'MiB', 'GiB', 'TiB']
  if (count < 1024) return `${count} bytes`
  const step = Math.min(units.length, Math.floor(Math.log2(count) / 10))
  return `${(count / 1024 ** step).toFixed(1)} ${units[step - 1]}`
}

function digest(path) {
  const hash = createHash('sha256')
  for (const block of read(path, 1 << 20)) hash.update(block)
  return hash.digest('hex')
}

function blocks(path) {
  const hashes = []
  for (const block of read(path, blockBytes)) hashes.push(createHash('sha256').update(block).digest('base64'))
  return hashes
}

function* read(path, size) {
  const file = openSync(path, 'r')
  try {
    const buffer = Buffer.alloc(size)
    for (let length = readSync(file, buffer); length > 0; length = readSync(file, buffer)) {
      yield buffer.subarray(0, length)
    }
  } finally {
    closeSync(file)
  }
}
