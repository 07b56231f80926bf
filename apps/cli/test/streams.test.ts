import { randomBytes } from 'node:crypto'
import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { toText } from '@keywright/core'
import { expect, test } from 'vitest'
import { newPlace, succeed } from './keywright.ts'

const key = ['--key', 'local://a'] as const

test('standard input is sealed to standard output in the compact layout, and opened again', async () => {
  const place = await newPlace('a')
  const input = randomBytes(3_000_000)
  const sealed = await succeed(place.runWith({ input }, 'seal', '-', ...key))
  const opened = await succeed(place.runWith({ input: sealed.bytes }, 'open', '-', ...key))
  expect(opened.bytes.equals(input)).toBe(true)
})

test('--out - writes a file to standard output, sealed or opened', async () => {
  const place = await newPlace('a')
  await writeFile(place.at('f'), 'content')
  const sealed = await succeed(place.run('seal', 'f', ...key, '--out', '-'))
  expect((await succeed(place.runWith({ input: sealed.bytes }, 'open', '-', ...key))).stdout).toBe('content')
  await succeed(place.run('seal', 'f', ...key))
  expect((await succeed(place.run('open', 'f.kw', ...key, '--out', '-'))).stdout).toBe('content')
})

test('a compact envelope in a file opens like any other', async () => {
  const place = await newPlace('a')
  const sealed = await succeed(place.runWith({ input: 'content' }, 'seal', '-', ...key))
  await writeFile(place.at('f.kw'), sealed.bytes)
  await succeed(place.run('open', 'f.kw', ...key))
  expect(await readFile(place.at('f'), 'utf8')).toBe('content')
})

test('standard input goes to a file that has its name only when it is complete', async () => {
  const place = await newPlace('a')
  await succeed(place.runWith({ input: 'content' }, 'seal', '-', ...key, '--out', 'f.kw'))
  const damaged = (await readFile(place.at('f.kw'))).subarray(0, -1)
  expect((await place.runWith({ input: damaged }, 'open', '-', ...key, '--out', 'f')).code).toBe(3)
  expect((await readdir(place.folder)).sort()).toEqual(['data', 'f.kw'])
  await succeed(place.runWith({ input: await readFile(place.at('f.kw')) }, 'open', '-', ...key, '--out', 'f'))
  expect(await readFile(place.at('f'), 'utf8')).toBe('content')
})

test('a stream to a file that is there needs --force', async () => {
  const place = await newPlace('a')
  await writeFile(place.at('f.kw'), 'mine')
  const ended = await place.runWith({ input: 'content' }, 'seal', '-', ...key, '--out', 'f.kw', '--json')
  expect(ended.code).toBe(1)
  expect(ended.document['error'].code).toBe('storage-exists')
  expect(await readFile(place.at('f.kw'), 'utf8')).toBe('mine')
  await succeed(place.runWith({ input: 'content' }, 'seal', '-', ...key, '--out', 'f.kw', '--force'))
})

test('the text form is taken on standard input', async () => {
  const place = await newPlace('a')
  const { bytes } = await succeed(place.runWith({ input: 'content' }, 'seal', '-', ...key))
  const input = `${toText(new Uint8Array(bytes))}\n`
  expect((await succeed(place.runWith({ input }, 'open', '-', ...key))).stdout).toBe('content')
  const { document } = await succeed(place.runWith({ input }, 'inspect', '-', '--json'))
  expect(document).toMatchObject({ path: '-', layout: 'compact', plaintextBytes: 7, fileBytes: bytes.length })
})

test('another spelling of the text form is refused', async () => {
  const place = await newPlace('a')
  const ended = await place.runWith({ input: 'kw1:iUtX RQ' }, 'open', '-', ...key)
  expect(ended.code).toBe(3)
})

test('with data on standard output the JSON is on standard error', async () => {
  const place = await newPlace('a')
  const sealed = await succeed(place.runWith({ input: 'content' }, 'seal', '-', ...key, '--json'))
  expect(JSON.parse(sealed.stderr)).toEqual({
    path: '-',
    target: '-',
    status: 'sealed',
    layout: 'compact',
    plaintextBytes: 7,
  })
})

test('a stream that is cut short fails', async () => {
  const place = await newPlace('a')
  const sealed = await succeed(place.runWith({ input: randomBytes(100_000) }, 'seal', '-', ...key))
  const ended = await place.runWith({ input: sealed.bytes.subarray(0, 50_000) }, 'open', '-', ...key)
  expect(ended.code).toBe(3)
})

test('withheld values are asked for on standard input too', async () => {
  const place = await newPlace('a')
  const flags = [...key, '--context', 'tenant=t']
  const sealed = await succeed(
    place.runWith({ input: 'content' }, 'seal', '-', ...flags, '--withhold', 'tenant'),
  )
  expect((await place.runWith({ input: sealed.bytes }, 'open', '-', ...key)).code).toBe(2)
  expect((await succeed(place.runWith({ input: sealed.bytes }, 'open', '-', ...flags))).stdout).toBe(
    'content',
  )
})

test('verify reads standard input', async () => {
  const place = await newPlace('a')
  const sealed = await succeed(place.runWith({ input: 'content' }, 'seal', '-', ...key))
  const { document } = await succeed(place.runWith({ input: sealed.bytes }, 'verify', '-', ...key, '--json'))
  expect(document).toMatchObject({ path: '-', status: 'verified', level: 'body', plaintextBytes: 7 })
  await expect(stat(place.at('-'))).rejects.toThrow()
})

test('verify - --header reads no more than the header, of streams and of files', async () => {
  const place = await newPlace('a')
  await writeFile(place.at('f'), 'content')
  await succeed(place.run('seal', 'f', ...key))
  const stream = await succeed(place.runWith({ input: 'content' }, 'seal', '-', ...key))
  for (const sealed of [stream.bytes, await readFile(place.at('f.kw'))]) {
    const damaged = Buffer.from(sealed)
    damaged.set([(damaged.at(-1) ?? 0) ^ 1], damaged.length - 1)
    const { document } = await succeed(
      place.runWith({ input: damaged }, 'verify', '-', '--header', ...key, '--json'),
    )
    expect(document).toMatchObject({ path: '-', status: 'verified', level: 'header' })
    expect(document['slots']).toMatchObject([{ key: 'local://a', result: 'verified' }])
  }
})

test('verify - --header refuses what the key does not open', async () => {
  const place = await newPlace('a', 'b')
  const sealed = await succeed(place.runWith({ input: 'content' }, 'seal', '-', ...key))
  const ended = await place.runWith({ input: sealed.bytes }, 'verify', '-', '--header', '--key', 'local://b')
  expect(ended.code).toBe(3)
})
