import { chmod, mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { newPlace, succeed } from './keywright.ts'

const key = ['--key', 'local://a'] as const

test('seal writes FILE.kw beside FILE and keeps FILE, open gives the same bytes back', async () => {
  const place = await newPlace('a')
  await writeFile(place.at('f'), 'content')
  await succeed(place.run('seal', 'f', ...key))
  await succeed(place.run('open', 'f.kw', ...key, '--out', 'g'))
  expect(await readFile(place.at('g'), 'utf8')).toBe('content')
  expect(await readFile(place.at('f'), 'utf8')).toBe('content')
})

test('seal and open say nothing in a pipe but which context was accepted', async () => {
  const place = await newPlace('a')
  await writeFile(place.at('f'), 'content')
  const sealed = await place.run('seal', 'f', ...key, '--context', 'tenant=t')
  expect(sealed.stdout + sealed.stderr).toBe('')
  const opened = await place.run('open', 'f.kw', ...key, '--out', 'g')
  expect(opened.stdout).toBe('')
  expect(opened.stderr).toContain('tenant=t')
})

test('seal and open replace a file only with --force', async () => {
  const place = await newPlace('a')
  await writeFile(place.at('f'), 'content')
  await place.seal('f')
  const again = await place.run('seal', 'f', ...key, '--json')
  expect(again.code).toBe(1)
  expect(again.document['error'].code).toBe('storage-exists')
  const over = await place.run('open', 'f.kw', ...key, '--json')
  expect(over.document['error'].code).toBe('storage-exists')
  await succeed(place.run('seal', 'f', ...key, '--force'))
  await succeed(place.run('open', 'f.kw', ...key, '--force'))
})

test('seal keeps the permissions of the file', async () => {
  const place = await newPlace('a')
  await writeFile(place.at('f'), 'content')
  await chmod(place.at('f'), 0o640)
  await succeed(place.run('seal', 'f', ...key))
  expect((await stat(place.at('f.kw'))).mode & 0o777).toBe(0o640)
})

test('several --key make slots of which any one opens', async () => {
  const place = await newPlace('a', 'b')
  await writeFile(place.at('f'), 'content')
  await succeed(place.run('seal', 'f', ...key, '--key', 'local://b'))
  await succeed(place.run('open', 'f.kw', '--key', 'local://b', '--out', 'g'))
  await succeed(place.run('open', 'f.kw', '--key', 'local://a', '--out', 'h'))
})

test('another key than those of the file is refused with exit code 3', async () => {
  const place = await newPlace('a', 'b')
  await writeFile(place.at('f'), 'content')
  await place.seal('f')
  const ended = await place.run('open', 'f.kw', '--key', 'local://b', '--out', 'g', '--json')
  expect(ended.code).toBe(3)
  expect(ended.document['error'].code).toBe('no-matching-key')
})

test('any --context states the whole context, and --no-context the empty one', async () => {
  const place = await newPlace('a')
  await writeFile(place.at('f'), 'content')
  await place.seal('f', { context: { tenant: 't', use: 'test' } })
  const code = async (...flags: string[]): Promise<number> =>
    (await place.run('open', 'f.kw', ...key, '--out', `g${flags.join('')}`, ...flags)).code
  expect(await code('--context', 'tenant=t', '--context', 'use=test')).toBe(0)
  expect(await code('--context', 'tenant=t')).toBe(3)
  expect(await code('--context', 'tenant=other', '--context', 'use=test')).toBe(3)
  expect(await code('--no-context')).toBe(3)
})

test('the JSON of open says whether the stored context was trusted', async () => {
  const place = await newPlace('a')
  await writeFile(place.at('f'), 'content')
  await place.seal('f', { context: { tenant: 't' } })
  const trusting = await succeed(place.run('open', 'f.kw', ...key, '--out', 'g', '--json'))
  expect(trusting.document).toMatchObject({
    status: 'opened',
    context: { tenant: 't' },
    trustedStoredContext: true,
  })
  const stating = await succeed(
    place.run('open', 'f.kw', ...key, '--out', 'h', '--context', 'tenant=t', '--json'),
  )
  expect(stating.document).toMatchObject({ context: { tenant: 't' }, trustedStoredContext: false })
})

test('a withheld value is not in the file, and open names what has to be stated', async () => {
  const place = await newPlace('a')
  await writeFile(place.at('f'), 'content')
  await succeed(place.run('seal', 'f', ...key, '--context', 'tenant=hush-hush', '--withhold', 'tenant'))
  expect((await readFile(place.at('f.kw'))).includes('hush-hush')).toBe(false)
  const without = await place.run('open', 'f.kw', ...key, '--out', 'g')
  expect(without.code).toBe(2)
  expect(without.stderr).toContain('tenant')
  await succeed(place.run('open', 'f.kw', ...key, '--out', 'g', '--context', 'tenant=hush-hush'))
})

test('--associated-data has to be the same', async () => {
  const place = await newPlace('a')
  await writeFile(place.at('f'), 'content')
  await succeed(place.run('seal', 'f', ...key, '--associated-data', 'row 1'))
  const other = await place.run('open', 'f.kw', ...key, '--out', 'g', '--associated-data', 'row 2', '--json')
  expect(other.code).toBe(3)
  expect(other.document['error'].code).toBe('authentication-failed')
  await expect(stat(place.at('g'))).rejects.toThrow()
  await succeed(place.run('open', 'f.kw', ...key, '--out', 'g', '--associated-data', 'row 1'))
})

test('a changed byte of the content is refused and leaves no output', async () => {
  const place = await newPlace('a')
  await writeFile(place.at('f'), 'content')
  await place.seal('f')
  const bytes = await readFile(place.at('f.kw'))
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1
  await writeFile(place.at('f.kw'), bytes)
  expect((await place.run('open', 'f.kw', ...key, '--out', 'g')).code).toBe(3)
  await expect(stat(place.at('g'))).rejects.toThrow()
})

test('a name without .kw needs --out', async () => {
  const place = await newPlace('a')
  await writeFile(place.at('f'), 'content')
  await succeed(place.run('seal', 'f', ...key, '--out', 'sealed'))
  expect((await place.run('open', 'sealed', ...key)).code).toBe(2)
  await succeed(place.run('open', 'sealed', ...key, '--out', 'g'))
})

test('--out of a folder puts the result into it', async () => {
  const place = await newPlace('a')
  await writeFile(place.at('f'), 'content')
  await mkdir(place.at('out'))
  await succeed(place.run('seal', 'f', ...key, '--out', 'out'))
  await stat(place.at('out', 'f.kw'))
})

test('a link that is given itself is followed', async () => {
  const place = await newPlace('a')
  await writeFile(place.at('f'), 'content')
  await symlink('f', place.at('l'))
  await succeed(place.run('seal', 'l', ...key))
  await succeed(place.run('open', 'l.kw', ...key, '--out', 'g'))
  expect(await readFile(place.at('g'), 'utf8')).toBe('content')
})

test('the JSON of seal names source, target and sizes', async () => {
  const place = await newPlace('a')
  await writeFile(place.at('f'), 'content')
  const { documents } = await succeed(place.run('seal', 'f', ...key, '--json'))
  const { size } = await stat(place.at('f.kw'))
  expect(documents).toEqual([
    { path: 'f', target: 'f.kw', status: 'sealed', layout: 'paged', plaintextBytes: 7, fileBytes: size },
  ])
})
