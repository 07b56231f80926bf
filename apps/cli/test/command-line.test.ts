import { readFile, writeFile } from 'node:fs/promises'
import process from 'node:process'
import { expect, test, vi } from 'vitest'
import { exitCodes } from '../src/index.ts'
import { run } from '../src/run.ts'
import { commands, tellsItsFlags } from './help-of-commands.ts'
import { newPlace, succeed } from './keywright.ts'
import { lookForSecrets } from './secrets-in-output.ts'

/** A run in this process, for what is answered before anything is done; the exit code and what was written. */
async function runHere(...args: readonly string[]): Promise<readonly [code: number, text: string]> {
  let text = ''
  const streams = [process.stdout, process.stderr] as const
  const listeners = process.stdout.listeners('error')
  const spies = streams.map((stream) =>
    vi.spyOn(stream, 'write').mockImplementation((piece) => {
      text += piece.toString()
      return true
    }),
  )
  try {
    return [await run(args), text]
  } finally {
    for (const spy of spies) spy.mockRestore()
    for (const listener of process.stdout.listeners('error')) {
      if (!listeners.includes(listener)) process.stdout.off('error', listener as () => void)
    }
  }
}

test('--help lists all commands and exit codes', async () => {
  const { stdout } = await succeed((await newPlace()).run('--help'))
  for (const name of commands) expect(stdout).toContain(`\n  ${name} `)
  for (const [code, meaning] of exitCodes) expect(stdout).toMatch(new RegExp(`${code} +${meaning}`))
})

test('the README has the same table of exit codes', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')
  for (const [code, meaning] of exitCodes) expect(readme).toContain(`| ${code} | ${meaning} |`)
})

// A command and one with commands of its own; CI asks all of them.
test.each(['seal', 'keys'])('%s --help tells its flags', tellsItsFlags)

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
  ['a context without =', ['seal', 'f', '--key', 'local://a', '--context', 'tenant']],
  ['a context given twice', ['seal', 'f', '--key', 'local://a', '--context', 'x=1', '--context', 'x=2']],
  ['--context and --no-context', ['open', 'f', '--key', 'local://a', '--context', 'x=1', '--no-context']],
  ['--no-context and --context', ['open', 'f', '--key', 'local://a', '--no-context', '--context', 'x=1']],
  ['an unknown shell', ['completion', 'tcsh']],
])('%s ends with exit code 2 and without a stack', async (_, args) => {
  const [code, text] = await runHere(...args)
  expect(code).toBe(2)
  expect(text).toMatch(/^keywright: /m)
  expect(text).not.toMatch(/\n\s+at /)
})

test.each([
  ['a key that is no URI', ['seal', 'f', '--key', 'default']],
  ['- beside other paths', ['seal', '-', 'f', '--key', 'local://a']],
  ['- for rewrap', ['rewrap', '-', '--from', 'local://a', '--to', 'local://a']],
  ['- for reseal', ['reseal', '-', '--key', 'local://a']],
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

// The first of two seals speaks in words, the second, which finds a file there, in JSON; CI tries each command in both.
test('neither passphrase, content nor key is in any output', () =>
  lookForSecrets((at) => [at % 2 === 0 ? [] : ['--json']]))
