import { mkdir, readFile, stat, utimes, writeFile } from 'node:fs/promises'
import { inspectFile } from '@keywright/files'
import { createKey } from '@keywright/local'
import { expect, test } from 'vitest'
import { newPlace, type Place, type Sealing, succeed } from './keywright.ts'

const [a, b] = ['local://a', 'local://b'] as const
const content = 'content'

async function withSealed(sealing?: Sealing): Promise<Place> {
  const place = await newPlace('a', 'b')
  await writeFile(place.at('f'), content)
  await place.seal('f', sealing)
  return place
}

async function keysOf(place: Place): Promise<unknown> {
  return (await place.slots('f.kw')).map(({ key }) => key)
}

test('rewrap moves a file to another key in place, and the receipt says what was proved', async () => {
  const place = await withSealed()
  const { ino } = await stat(place.at('f.kw'))
  const { document } = await succeed(place.run('rewrap', 'f.kw', '--from', a, '--to', b, '--json'))
  expect(document).toMatchObject({ path: 'f.kw', status: 'rewrapped', outcome: 'verified', written: true })
  expect(document).toMatchObject({ context: {}, withheldNames: [], threshold: 1 })
  expect(document['receipt']).toMatchObject({ checked: 'commitment', lockOut: 'not-tried' })
  expect(document['receipt'].added.map(({ key }: { key: string }) => key)).toEqual([b])
  expect(document['receipt'].dropped.map(({ key }: { key: string }) => key)).toEqual([a])
  expect((await stat(place.at('f.kw'))).ino).toBe(ino)
  expect(await keysOf(place)).toEqual([b])
})

test('rewrap reminds that reseal is the answer to a compromise', async () => {
  const place = await withSealed()
  const { stdout, stderr } = await succeed(place.run('rewrap', 'f.kw', '--from', a, '--to', b))
  expect(stderr).toContain('reseal')
  expect(stdout).toContain('proved')
  expect(stdout).toContain('not tried')
})

test('--dry-run shows what would change and changes nothing', async () => {
  const place = await withSealed()
  const before = await readFile(place.at('f.kw'))
  const { document } = await succeed(
    place.run('rewrap', 'f.kw', '--from', a, '--to', b, '--dry-run', '--json'),
  )
  expect(document).toMatchObject({ status: 'would change', dryRun: true, written: false })
  expect((await readFile(place.at('f.kw'))).equals(before)).toBe(true)
})

test('--add keeps the old key, --remove drops it once another is verified', async () => {
  const place = await withSealed()
  await succeed(place.run('rewrap', 'f.kw', '--add', '--from', a, '--to', b))
  expect(await keysOf(place)).toEqual([a, b])
  await succeed(place.run('rewrap', 'f.kw', '--remove', '--from', a, '--to', b))
  expect(await keysOf(place)).toEqual([b])
})

test('--remove takes the keys that stay from the config file', async () => {
  const place = await withSealed({ keys: ['a', 'b'] })
  await succeed(place.run('init', '--key', b))
  await succeed(place.run('rewrap', 'f.kw', '--remove', '--from', a))
  expect(await keysOf(place)).toEqual([b])
})

test('--remove without a key that stays is refused', async () => {
  const place = await withSealed()
  expect((await place.run('rewrap', 'f.kw', '--remove', '--from', a)).code).toBe(2)
  expect((await place.run('rewrap', 'f.kw', '--remove', '--from', a, '--to', b)).code).toBe(3)
  expect(await keysOf(place)).toEqual([a])
})

test('--wrap-only leaves a pending slot, and --finish verifies it and drops the old one', async () => {
  const place = await withSealed()
  const pending = await succeed(place.run('rewrap', 'f.kw', '--wrap-only', '--from', a, '--to', b, '--json'))
  expect(pending.document).toMatchObject({ outcome: 'pending', receipt: { checked: 'none' } })
  expect(await keysOf(place)).toEqual([a, b])
  const finished = await succeed(place.run('rewrap', 'f.kw', '--finish', '--from', a, '--to', b, '--json'))
  expect(finished.document).toMatchObject({ outcome: 'verified', receipt: { checked: 'commitment' } })
  expect(await keysOf(place)).toEqual([b])
})

test('from a key to itself moves to its newest version, once', async () => {
  const place = await withSealed()
  const again = ['rewrap', 'f.kw', '--from', a, '--to', a, '--json'] as const
  expect((await succeed(place.run(...again))).document).toMatchObject({ status: 'unchanged', written: false })
  await succeed(place.run('keys', 'rotate', 'a'))
  const moved = await succeed(place.run(...again))
  expect(moved.document['receipt'].added).toMatchObject([{ key: a, keyVersion: '2' }])
  expect((await succeed(place.run(...again))).document).toMatchObject({ status: 'unchanged' })
})

test('a rewrap run again leaves what it finished as it is', async () => {
  const place = await withSealed()
  await succeed(place.run('rewrap', 'f.kw', '--from', a, '--to', b))
  const { document } = await succeed(place.run('rewrap', 'f.kw', '--from', a, '--to', b, '--json'))
  expect([document['status'], document['written']]).toEqual(['unchanged', false])
})

test('a key that has no slot is refused where the other key has none either', async () => {
  const place = await withSealed()
  await createKey({ key: 'stranger', folder: place.at('data'), passphrase: false })
  const ended = await place.run('rewrap', 'f.kw', '--from', b, '--to', 'local://stranger', '--json')
  expect(ended.code).toBe(3)
  expect(ended.document['error'].code).toBe('no-matching-key')
})

test('--header-only rewraps where the associated data is not at hand, and says so', async () => {
  const place = await withSealed({ associatedData: 'row 1' })
  expect((await place.run('rewrap', 'f.kw', '--from', a, '--to', b)).code).toBe(3)
  const { document } = await succeed(
    place.run('rewrap', 'f.kw', '--from', a, '--to', b, '--header-only', '--json'),
  )
  expect(document['receipt'].checked).toBe('key-check')
})

test('rewrap goes through a folder, and again without a change', async () => {
  const place = await newPlace('a', 'b')
  await mkdir(place.at('d'))
  for (const name of ['1', '2']) {
    await writeFile(place.at('d', name), name)
    await place.seal(`d/${name}`)
  }
  const { documents } = await succeed(place.run('rewrap', 'd', '--from', a, '--to', b, '--json'))
  expect(documents.at(-1)).toEqual({ summary: { done: 2, skipped: 0, failed: 0 } })
})

test.each([
  ['without --from', ['--to', b]],
  ['without --to', ['--from', a]],
  ['with --add and --remove', ['--from', a, '--to', b, '--add', '--remove']],
])('rewrap %s is refused with exit code 2', async (_, flags) => {
  const place = await withSealed()
  expect((await place.run('rewrap', 'f.kw', ...flags)).code).toBe(2)
})

test('reseal gives a file a new data key in its place', async () => {
  const place = await withSealed({ context: { tenant: 't' } })
  const before = await inspectFile(place.at('f.kw'))
  await succeed(place.run('reseal', 'f.kw', '--key', a, '--to', b))
  const after = await inspectFile(place.at('f.kw'))
  expect(after.keyCheck).not.toBe(before.keyCheck)
  expect(after.context).toEqual({ tenant: 't' })
  expect(await keysOf(place)).toEqual([b])
  expect((await succeed(place.run('open', 'f.kw', '--key', b, '--out', '-'))).stdout).toBe(content)
})

test('reseal --older-than leaves what is younger', async () => {
  const place = await withSealed()
  const younger = await succeed(place.run('reseal', 'f.kw', '--key', a, '--older-than', '1h', '--json'))
  expect(younger.document).toMatchObject({ status: 'skipped', reason: 'not older' })
  const twoHoursAgo = new Date(Date.now() - 7_200_000)
  await utimes(place.at('f.kw'), twoHoursAgo, twoHoursAgo)
  const older = await succeed(place.run('reseal', 'f.kw', '--key', a, '--older-than', '1h', '--json'))
  expect(older.document).toMatchObject({ status: 'resealed' })
})

test('an age that is none is refused', async () => {
  const place = await withSealed()
  expect((await place.run('reseal', 'f.kw', '--key', a, '--older-than', 'long')).code).toBe(2)
})
