import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, stat, writeFile } from 'node:fs/promises'
import process from 'node:process'
import { expect, test } from 'vitest'
import { bin, newPlace, type Place, succeed } from './keywright.ts'

// A terminal of its own for a child: `script` of util-linux. macOS has another command of that name.
const script = '/usr/bin/script'
const withTerminal = test.runIf(process.platform === 'linux' && existsSync(script))

interface OnTerminal {
  readonly code: number
  readonly shown: string
}

/** Runs the command on a terminal; each answer is typed once its question shows. */
async function onTerminal(
  place: Place,
  args: readonly string[],
  answers: readonly (readonly [question: RegExp, typed: string])[] = [],
): Promise<OnTerminal> {
  const command = [process.execPath, bin, ...args].map((word) => `'${word}'`).join(' ')
  const env = { ...place.env, TERM: 'xterm', COLUMNS: '100' }
  const child = spawn(script, ['-qec', command, '/dev/null'], { cwd: place.folder, env })
  let shown = ''
  let read = 0
  const left = [...answers]
  child.stdout.on('data', (piece: Buffer) => {
    shown += piece.toString()
    const [next] = left
    if (next === undefined) return
    const found = next[0].exec(shown.slice(read))
    if (found === null) return
    left.shift()
    read = shown.length
    child.stdin.write(next[1])
  })
  const [code] = (await once(child, 'close')) as [number]
  return { code, shown }
}

withTerminal('on a terminal a passphrase is asked for, twice when it is new, and never shown', async () => {
  const place = await newPlace()
  await writeFile(place.at('f'), 'content')
  const made = await onTerminal(
    place,
    ['keys', 'create', 'a', '--passphrase'],
    [
      [/New passphrase for local:\/\/a/, 'tell nobody\r'],
      [/The same again/, 'tell nobody\r'],
    ],
  )
  expect(made.code, made.shown).toBe(0)
  expect(made.shown).toContain('guarded by its passphrase')
  const sealed = await onTerminal(
    place,
    ['seal', 'f', '--key', 'local://a'],
    [[/Passphrase of local:\/\/a/, 'tell nobody\r']],
  )
  expect(sealed.code, sealed.shown).toBe(0)
  expect(made.shown + sealed.shown).not.toContain('tell nobody')
  const wrong = await onTerminal(
    place,
    ['open', 'f.kw', '--key', 'local://a', '--out', 'g'],
    [[/Passphrase of local:\/\/a/, 'tell somebody\r']],
  )
  expect(wrong.code).toBe(4)
})

withTerminal('Ctrl-C at a question ends with exit code 130', async () => {
  const place = await newPlace()
  const ended = await onTerminal(
    place,
    ['keys', 'create', 'a', '--passphrase'],
    [[/New passphrase/, '\u0003']],
  )
  expect(ended.code).toBe(130)
})

withTerminal('on a terminal seal tells what it did', async () => {
  const place = await newPlace('a')
  await writeFile(place.at('f'), 'content')
  const { code, shown } = await onTerminal(place, ['seal', 'f', '--key', 'local://a'])
  expect(code).toBe(0)
  expect(shown).toContain('f → f.kw')
})

withTerminal('sealed bytes are not written to a terminal', async () => {
  const place = await newPlace('a')
  await writeFile(place.at('f'), 'content')
  const { code, shown } = await onTerminal(place, ['seal', 'f', '--key', 'local://a', '--out', '-'])
  expect(code).toBe(2)
  expect(shown).toContain('--out PATH')
})

test('a passphrase is not asked for in a pipe', async () => {
  const place = await newPlace()
  await writeFile(place.at('f'), 'content')
  await succeed(place.runWith({ env: { KEYWRIGHT_PASSPHRASE: 'tell nobody' } }, 'keys', 'create', 'a'))
  const ended = await place.run('seal', 'f', '--key', 'local://a', '--json')
  expect(ended.code).toBe(4)
  expect(ended.document['error'].code).toBe('unauthenticated')
})

test('an interruption ends with exit code 130 and leaves nothing half-done', async () => {
  const place = await newPlace('a')
  await mkdir(place.at('d'))
  for (let at = 0; at < 40; at++) await writeFile(place.at('d', `${at}`), new Uint8Array(1_000_000))
  const child = place.start('seal', 'd', '--key', 'local://a', '--json')
  await once(child.stdout ?? child, 'data')
  child.kill('SIGINT')
  child.stdout?.resume()
  const [code] = (await once(child, 'close')) as [number]
  expect(code).toBe(130)
  const { documents } = await succeed(place.run('verify', 'd', '--key', 'local://a', '--json'))
  expect(documents.at(-1)?.['summary'].done).toBeGreaterThan(0)
})

test('a reader that stops ends the run', async () => {
  const place = await newPlace('a')
  await writeFile(place.at('f'), new Uint8Array(20_000_000))
  await place.seal('f')
  const child = place.start('open', 'f.kw', '--key', 'local://a', '--out', '-')
  await once(child.stdout ?? child, 'data')
  child.stdout?.destroy()
  const [code] = (await once(child, 'close')) as [number]
  expect(code).toBe(1)
  await expect(stat(place.at('-'))).rejects.toThrow()
})
