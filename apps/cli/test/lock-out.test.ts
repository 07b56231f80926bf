import { appendFile, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createKey, disableKeyVersion, enableKeyVersion, rotateKey } from '@keywright/local'
import { expect, test } from 'vitest'
import { findBytes } from '../src/lock-out/find-bytes.ts'
import { newPlace, type Place, type Sealing, succeed } from './keywright.ts'

const [a, b] = ['local://a', 'local://b'] as const
const receipts = 'receipts.jsonl'

const local = (place: Place, key: string) => ({ key, folder: place.at('data') })
const gone = (place: Place): Promise<unknown> => disableKeyVersion({ ...local(place, 'a'), version: '1' })

/** A file that was moved from a to b, with its receipt. */
async function rewrapped(sealing?: Sealing, ...flags: readonly string[]): Promise<Place> {
  const place = await newPlace('a', 'b')
  await writeFile(place.at('f'), 'content')
  await place.seal('f', sealing)
  await succeed(place.run('rewrap', 'f.kw', '--from', a, '--to', b, '--receipts', receipts, ...flags))
  return place
}

const ask = (place: Place, ...flags: readonly string[]) =>
  place.run('lock-out', receipts, '--from', a, ...flags, '--json')

test('an old key that still unwraps what it wrapped is not locked out, and one that is gone is', async () => {
  const place = await rewrapped()
  const before = await ask(place)
  expect(before.code).toBe(3)
  expect(before.document).toMatchObject({
    path: 'f.kw',
    status: 'not locked out',
    oldSlots: [],
    oldBytes: false,
    asked: [{ key: a, keyVersion: '1', result: 'still-opens' }],
  })
  await gone(place)
  const after = await succeed(ask(place))
  expect(after.document).toMatchObject({
    status: 'locked out',
    asked: [{ key: a, keyVersion: '1', result: 'refused', code: 'key-disabled' }],
  })
})

test('what rewrap --json printed is a receipt too', async () => {
  const place = await newPlace('a', 'b')
  await writeFile(place.at('f'), 'content')
  await place.seal('f')
  const { stdout } = await succeed(place.run('rewrap', 'f.kw', '--from', a, '--to', b, '--json'))
  await writeFile(place.at(receipts), stdout)
  await gone(place)
  expect((await succeed(ask(place))).document['status']).toBe('locked out')
})

test('a file that has a slot of the old key again is not locked out, though the key is gone', async () => {
  const place = await rewrapped()
  await succeed(place.run('rewrap', 'f.kw', '--add', '--from', b, '--to', a))
  await gone(place)
  const { code, document } = await ask(place)
  expect(code).toBe(3)
  expect(document).toMatchObject({ status: 'not locked out', oldSlots: [`${a} 1`], oldBytes: false })
})

test('a file with the old wrapped key anywhere in it is not locked out, though the key is gone', async () => {
  const place = await rewrapped()
  const { receipt } = JSON.parse(await readFile(place.at(receipts), 'utf8'))
  await appendFile(place.at('f.kw'), Buffer.from(receipt.dropped[0].wrapped, 'base64'))
  await gone(place)
  const { code, document } = await ask(place)
  expect(code).toBe(3)
  expect(document).toMatchObject({ status: 'not locked out', oldSlots: [], oldBytes: true })
})

test('bytes are found across the pieces that they come in, and their beginning alone is not', async () => {
  async function* pieces(...texts: readonly string[]): AsyncGenerator<Uint8Array> {
    for (const text of texts) yield Buffer.from(text)
  }
  const wanted = [Buffer.from('abcdef'), Buffer.from('xy')]
  for (const texts of [
    ['..abcdef'],
    ['..a', 'b', 'cde', 'f..'],
    ['x', 'y'],
    ['.'.repeat(99), 'abc', 'def'],
  ]) {
    expect(await findBytes(pieces(...texts), wanted)).toBe(true)
  }
  expect(await findBytes(pieces('abcde', 'x', '.y', 'f'), wanted)).toBe(false)
})

test('an old key that cannot be asked proves nothing', async () => {
  const place = await rewrapped()
  await rm(place.at('data/keys/a.json'), { force: true })
  await rm(place.at('data'), { recursive: true })
  await createKey({ ...local(place, 'b'), passphrase: false })
  const { code, document } = await ask(place)
  expect(code).toBe(4)
  expect(document).toMatchObject({
    status: 'not proved',
    asked: [{ result: 'not-tried', code: 'key-not-found' }],
  })
})

test('of a key that got a new version, the old one alone has to be locked out', async () => {
  const place = await newPlace('a')
  await writeFile(place.at('f'), 'content')
  await place.seal('f')
  await rotateKey({ ...local(place, 'a'), passphrase: false })
  await succeed(place.run('rewrap', 'f.kw', '--from', a, '--to', a, '--receipts', receipts))
  expect((await ask(place)).code).toBe(3)
  await gone(place)
  expect((await succeed(ask(place))).document).toMatchObject({ status: 'locked out', oldSlots: [] })
})

test('withheld values have to be stated, and the whole context has to be the right one', async () => {
  const context = { tenant: 'acme', table: 'orders' }
  const stated = ['--context', 'tenant=acme', '--context', 'table=orders'] as const
  const place = await rewrapped({ context, withhold: ['tenant'] }, ...stated)
  await gone(place)
  expect(await ask(place)).toMatchObject({ code: 2, document: { error: { code: 'invalid-argument' } } })
  const wrong = await ask(place, '--context', 'tenant=acme', '--context', 'table=others')
  expect(wrong).toMatchObject({ code: 3, document: { error: { code: 'context-mismatch' } } })
  expect((await ask(place, '--context', 'tenant=acme')).code).toBe(3)
  expect((await succeed(ask(place, ...stated))).document['status']).toBe('locked out')
  await enableKeyVersion({ ...local(place, 'a'), version: '1' })
  expect((await ask(place, ...stated)).document['asked'][0].result).toBe('still-opens')
})

test('of k of n, the key of one share is locked out of it', async () => {
  const place = await newPlace('a', 'b', 'c')
  await writeFile(place.at('f'), 'content')
  const config = { keyrings: { default: { groups: [[a], ['local://c']], threshold: 2 } } }
  await writeFile(place.at('keywright.config.json'), JSON.stringify(config))
  await succeed(place.run('seal', 'f'))
  await succeed(place.run('rewrap', 'f.kw', '--from', a, '--to', b, '--receipts', receipts))
  expect((await ask(place)).document['asked'][0].result).toBe('still-opens')
  await gone(place)
  expect((await succeed(ask(place))).document['status']).toBe('locked out')
})

test('a shared data key is not locked out while one of its envelopes still opens', async () => {
  const place = await newPlace('a', 'b')
  for (const name of ['f', 'g']) await writeFile(place.at(name), name)
  const config = { keyrings: { default: { seal: [a], cache: { maxMessages: 10 } } } }
  await writeFile(place.at('keywright.config.json'), JSON.stringify(config))
  await succeed(place.run('seal', 'f', 'g'))
  const shared = ['--allow-shared-dek', '--receipts', receipts] as const
  await succeed(place.run('rewrap', 'f.kw', 'g.kw', '--from', a, '--to', b, ...shared))
  await gone(place)
  const both = await succeed(ask(place))
  expect(both.documents.map(({ status }) => status)).toEqual(['locked out', 'locked out'])
  await enableKeyVersion({ ...local(place, 'a'), version: '1' })
  await succeed(place.run('rewrap', 'g.kw', '--add', '--from', b, '--to', a, '--allow-shared-dek'))
  await gone(place)
  const { code, documents } = await ask(place)
  expect(code).toBe(3)
  expect(documents).toMatchObject([
    { path: 'f.kw', status: 'not locked out', oldSlots: [], openedThrough: ['g.kw'] },
    { path: 'g.kw', status: 'not locked out', oldSlots: [`${a} 1`] },
  ])
})

test('a file whose rewrap is pending, or failed, is not locked out', async () => {
  const place = await rewrapped(undefined, '--wrap-only')
  await gone(place)
  expect((await ask(place)).document).toMatchObject({ status: 'not locked out', asked: [] })
  await writeFile(place.at(receipts), '{"path":"f.kw","error":{"code":"unavailable"}}\n{"summary":{}}\n')
  expect(await ask(place)).toMatchObject({ code: 3, document: { path: 'f.kw' } })
})

test('receipts are added to what is there, for their owner alone; a dry run leaves none', async () => {
  const place = await newPlace('a', 'b')
  for (const name of ['f', 'g']) {
    await writeFile(place.at(name), name)
    await place.seal(name)
  }
  const rewrap = (...words: string[]) =>
    succeed(place.run('rewrap', ...words, '--from', a, '--to', b, '--receipts', receipts))
  await rewrap('f.kw', '--dry-run')
  await expect(stat(place.at(receipts))).rejects.toThrow()
  await rewrap('f.kw')
  await rewrap('f.kw', 'g.kw')
  expect((await stat(place.at(receipts))).mode & 0o777).toBe(0o600)
  await gone(place)
  const { documents } = await succeed(ask(place))
  expect(documents.map(({ path, status }) => `${path} ${status}`)).toEqual([
    'f.kw locked out',
    'g.kw locked out',
  ])
})

test('receipts of other keys, and files that lost no slot, say nothing of this one', async () => {
  const place = await rewrapped()
  await createKey({ ...local(place, 'c'), passphrase: false })
  const { document } = await succeed(place.run('lock-out', receipts, '--from', 'local://c', '--json'))
  expect(document).toMatchObject({ status: 'nothing dropped', asked: [] })
})

test('in words it says what was looked at and what the old key answered', async () => {
  const place = await rewrapped()
  const before = await place.run('lock-out', receipts, '--from', a)
  expect(before.stdout).toContain('f.kw: not locked out')
  expect(before.stdout).toContain('still opens')
  await gone(place)
  const { stdout } = await succeed(place.run('lock-out', receipts, '--from', a))
  expect(stdout).toContain('f.kw: locked out')
  expect(stdout).toContain('refused (key-disabled)')
})

const good = {
  path: 'f.kw',
  context: {},
  withheldNames: [],
  threshold: 1,
  receipt: { keyCheck: '00', dekUse: 'single', added: [], dropped: [] },
}
const slot = { key: a, keyVersion: '1', algorithm: 'local.xaes-256-gcm', wrapped: 'AAAA' }

test.each([
  ['no JSON', 'receipt'],
  ['a list', '[]'],
  ['another document', '{"path":"f.kw","status":"sealed"}'],
  [
    'a slot without its key',
    JSON.stringify({ ...good, receipt: { ...good.receipt, dropped: [{ ...slot, key: 1 }] } }),
  ],
  [
    'more slots than a table has',
    JSON.stringify({ ...good, receipt: { ...good.receipt, dropped: Array(33).fill(slot) } }),
  ],
  [
    'a wrapped key that is none',
    JSON.stringify({ ...good, receipt: { ...good.receipt, dropped: [{ ...slot, wrapped: '?' }] } }),
  ],
  ['a line without an end', 'x'.repeat(5_000_000)],
])('receipts that are %s are refused with exit code 2', async (_, text) => {
  const place = await newPlace('a')
  await writeFile(place.at(receipts), text)
  expect((await ask(place)).document['error']).toMatchObject({ code: 'invalid-argument', exitCode: 2 })
})

test('lock-out without --from, or without its receipts, is refused', async () => {
  const place = await newPlace('a')
  await writeFile(place.at(receipts), '')
  expect((await place.run('lock-out', receipts)).code).toBe(2)
  expect((await place.run('lock-out', 'missing', '--from', a)).code).toBe(1)
})
