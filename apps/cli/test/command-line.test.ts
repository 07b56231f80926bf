import { readFile, writeFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { exitCodes } from '../src/index.ts'
import { newPlace, succeed } from './keywright.ts'

const commands = ['init', 'seal', 'open', 'rewrap', 'reseal', 'verify', 'inspect', 'keys', 'completion']

test('--help lists all commands and exit codes', async () => {
  const { stdout } = await succeed((await newPlace()).run('--help'))
  for (const name of commands) expect(stdout).toContain(`\n  ${name} `)
  for (const [code, meaning] of exitCodes) expect(stdout).toMatch(new RegExp(`${code} +${meaning}`))
})

test('the README has the same table of exit codes', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')
  for (const [code, meaning] of exitCodes) expect(readme).toContain(`| ${code} | ${meaning} |`)
})

test.each(commands)('%s --help tells its flags', async (name) => {
  const { stdout } = await succeed((await newPlace()).run(name, '--help'))
  expect(stdout).toContain(`keywright ${name}`)
  expect(stdout).toContain('--help')
})

test('the version is that of the package', async () => {
  const { version } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8'))
  expect((await succeed((await newPlace()).run('--version'))).stdout.trim()).toBe(version)
})

test.each([
  ['no command', []],
  ['an unknown command', ['sael', 'f']],
  ['an unknown flag', ['seal', 'f', '--fast']],
  ['no path', ['seal']],
  ['a flag without its value', ['seal', 'f', '--key']],
  ['a key that is no URI', ['seal', 'f', '--key', 'default']],
  ['a context without =', ['seal', 'f', '--key', 'local://a', '--context', 'tenant']],
  ['a context given twice', ['seal', 'f', '--key', 'local://a', '--context', 'x=1', '--context', 'x=2']],
  ['--context and --no-context', ['open', 'f', '--key', 'local://a', '--context', 'x=1', '--no-context']],
  ['--no-context and --context', ['open', 'f', '--key', 'local://a', '--no-context', '--context', 'x=1']],
  ['- beside other paths', ['seal', '-', 'f', '--key', 'local://a']],
  ['- for rewrap', ['rewrap', '-', '--from', 'local://a', '--to', 'local://a']],
  ['- for reseal', ['reseal', '-', '--key', 'local://a']],
  ['an unknown shell', ['completion', 'tcsh']],
])('%s ends with exit code 2 and without a stack', async (_, args) => {
  const ended = await (await newPlace('a')).run(...args)
  expect(ended.code).toBe(2)
  expect(ended.stderr).not.toMatch(/\n\s+at /)
})

test('a mistake on the command line is JSON with --json, but not after --', async () => {
  const place = await newPlace()
  const ended = await place.run('seal', 'f', '--fast', '--json')
  expect(ended.document['error']).toMatchObject({ code: 'invalid-argument', exitCode: 2 })
  expect((await place.run('seal', '--fast', '--', '--json')).stdout).toBe('')
})

test('a path that begins with a dash goes after --', async () => {
  const place = await newPlace('a')
  await writeFile(place.at('-f'), 'content')
  await succeed(place.run('seal', '--key', 'local://a', '--', '-f'))
})

test('KEYWRIGHT_DEBUG adds where an error was thrown', async () => {
  const place = await newPlace('a')
  const quiet = await place.run('seal', 'missing', '--key', 'local://a')
  expect(quiet.code).toBe(1)
  expect(quiet.stderr).not.toMatch(/\n\s+at /)
  const loud = await place.runWith({ env: { KEYWRIGHT_DEBUG: '1' } }, 'seal', 'missing', '--key', 'local://a')
  expect(loud.stderr).toMatch(/\n\s+at |ENOENT/)
})

test('neither passphrase, content nor key is in any output', async () => {
  const place = await newPlace()
  const env = { KEYWRIGHT_PASSPHRASE: 'passphrase-needle', KEYWRIGHT_DEBUG: '1' }
  await writeFile(place.at('f'), 'content-needle')
  const seal = ['seal', 'f', '--key', 'local://a', '--associated-data', 'bound-needle'] as const
  const runs = [
    ['keys', 'create', 'a'],
    ['keys', 'list'],
    ['keys', 'describe', 'local://a'],
    [...seal],
    [...seal],
    ['inspect', 'f.kw'],
    ['verify', 'f.kw', '--key', 'local://a'],
    ['open', 'f.kw', '--key', 'local://a', '--out', 'g'],
    ['rewrap', 'f.kw', '--from', 'local://a', '--to', 'local://a'],
  ]
  let output = ''
  for (const args of runs) {
    for (const flags of [[], ['--json']]) {
      const { stdout, stderr } = await place.runWith({ env }, ...args, ...flags)
      output += stdout + stderr
    }
  }
  for (const needle of ['passphrase-needle', 'content-needle', 'bound-needle']) {
    const bytes = Buffer.from(needle)
    for (const form of [
      needle,
      bytes.toString('hex'),
      bytes.toString('base64'),
      bytes.toString('base64url'),
    ]) {
      expect(output).not.toContain(form)
    }
  }
})
