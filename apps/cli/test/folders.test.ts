import { once } from 'node:events'
import { mkdir, readdir, readFile, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { newPlace, type Place, succeed } from './keywright.ts'

const key = ['--key', 'local://a'] as const

async function withFolder(): Promise<Place> {
  const place = await newPlace('a')
  await mkdir(place.at('d', 'sub'), { recursive: true })
  for (const name of ['d/1', 'd/2', 'd/sub/3']) await writeFile(place.at(name), `content of ${name}`)
  return place
}

/** As the command does, without it. */
async function sealAll(place: Place): Promise<void> {
  for (const name of ['d/1', 'd/2', 'd/sub/3']) await place.seal(name)
}

test('a folder is sealed with all that is in it, and a summary ends the JSON', async () => {
  const place = await withFolder()
  const { documents } = await succeed(place.run('seal', 'd', ...key, '--json'))
  expect(documents.map(({ path, status }) => [path, status])).toEqual([
    ['d/1', 'sealed'],
    ['d/2', 'sealed'],
    ['d/sub/3', 'sealed'],
    [undefined, undefined],
  ])
  expect(documents.at(-1)).toEqual({ summary: { done: 3, skipped: 0, failed: 0 } })
})

test('--out mirrors a folder, both ways', async () => {
  const place = await withFolder()
  await succeed(place.run('seal', 'd', ...key, '--out', 'sealed'))
  await succeed(place.run('open', 'sealed', ...key, '--out', 'opened'))
  expect(await readFile(place.at('opened/sub/3'), 'utf8')).toBe('content of d/sub/3')
  expect(await readdir(place.at('d'))).toEqual(['1', '2', 'sub'])
})

test('a second run leaves finished files with their times', async () => {
  const place = await withFolder()
  await succeed(place.run('seal', 'd', ...key))
  const before = await stat(place.at('d/1.kw'))
  await writeFile(place.at('d/4'), 'new')
  const { documents } = await succeed(place.run('seal', 'd', ...key, '--json'))
  expect(documents.at(-1)).toEqual({ summary: { done: 1, skipped: 3, failed: 0 } })
  const after = await stat(place.at('d/1.kw'))
  expect([after.mtimeMs, after.ino]).toEqual([before.mtimeMs, before.ino])
})

test('a run that was killed is taken up again', async () => {
  const place = await newPlace('a')
  await mkdir(place.at('d'))
  const names = Array.from({ length: 60 }, (_, at) => `${at}`.padStart(2, '0'))
  for (const name of names) await writeFile(place.at('d', name), new Uint8Array(400_000))
  const child = place.start('seal', 'd', ...key, '--json')
  await once(child.stdout ?? child, 'data')
  child.kill('SIGKILL')
  await once(child, 'close')
  const finished = (await readdir(place.at('d'))).filter(
    (name) => name.endsWith('.kw') && !name.startsWith('.'),
  )
  expect(finished.length).toBeGreaterThan(0)
  expect(finished.length).toBeLessThan(names.length)
  const times = await Promise.all(finished.map(async (name) => (await stat(place.at('d', name))).mtimeMs))

  await succeed(place.run('seal', 'd', ...key))
  expect(await Promise.all(finished.map(async (name) => (await stat(place.at('d', name))).mtimeMs))).toEqual(
    times,
  )
  const { documents } = await succeed(place.run('verify', 'd', ...key, '--json'))
  expect(documents.at(-1)).toEqual({ summary: { done: names.length, skipped: 0, failed: 0 } })
  expect((await readdir(place.at('d'))).length).toBe(2 * names.length)
})

test('a file that changed since it was sealed is a failure, and --force seals it again', async () => {
  const place = await withFolder()
  await sealAll(place)
  const later = new Date(Date.now() + 60_000)
  await utimes(place.at('d/2'), later, later)
  const ended = await place.run('seal', 'd', ...key, '--json')
  expect(ended.code).toBe(1)
  expect(ended.documents.find(({ path }) => path === 'd/2')?.['error'].code).toBe('storage-exists')
  await succeed(place.run('seal', 'd', ...key, '--force'))
})

test('what has the name of a result and is no sealed file is a failure', async () => {
  const place = await withFolder()
  await writeFile(place.at('d/1.kw'), 'something else')
  const ended = await place.run('seal', 'd', ...key)
  expect(ended.code).toBe(1)
  expect(await readFile(place.at('d/1.kw'), 'utf8')).toBe('something else')
})

test('a failure is summed up, and the other files are done', async () => {
  const place = await withFolder()
  await sealAll(place)
  await writeFile(place.at('d/2.kw'), 'damaged')
  const ended = await place.run('verify', 'd', ...key)
  expect(ended.code).toBe(3)
  expect(ended.stdout.split('\n').filter((line) => line !== '').length).toBe(2)
  expect(ended.stderr).toContain('3 files: 2 done, 0 left as they were, 1 failed')
  expect(ended.stderr).toContain('d/2.kw  malformed-envelope')
})

test('failures of different kinds end with exit code 1', async () => {
  const place = await withFolder()
  await writeFile(place.at('d/2.kw'), 'damaged')
  const ended = await place.run('verify', 'd', 'missing', ...key)
  expect(ended.code).toBe(1)
})

test('a link inside a folder is not followed', async () => {
  const place = await withFolder()
  await symlink('1', place.at('d/link'))
  const { documents } = await succeed(place.run('seal', 'd', ...key, '--json'))
  expect(documents.find(({ path }) => path === 'd/link')).toEqual({
    path: 'd/link',
    status: 'skipped',
    reason: 'link',
  })
})

test('open of a folder leaves what is there already', async () => {
  const place = await withFolder()
  await sealAll(place)
  const { documents } = await succeed(place.run('open', 'd', ...key, '--json'))
  expect(documents.at(-1)).toEqual({ summary: { done: 0, skipped: 3, failed: 0 } })
})

test('two paths of one name do not overwrite each other', async () => {
  const place = await withFolder()
  await mkdir(place.at('e'))
  await writeFile(place.at('e/1'), 'another')
  const ended = await place.run('seal', 'd/1', 'e/1', ...key, '--out', 'out', '--force')
  expect(ended.code).toBe(1)
  await succeed(place.run('open', 'out/1.kw', ...key, '--out', 'g'))
  expect(await readFile(place.at('g'), 'utf8')).toBe('content of d/1')
})
