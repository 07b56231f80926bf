import { open, readFile, writeFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { newPlace, type Place, type Sealing, succeed } from './keywright.ts'

const key = ['--key', 'local://a'] as const

async function withSealed(sealing?: Sealing): Promise<Place> {
  const place = await newPlace('a')
  await writeFile(place.at('f'), 'content')
  await place.seal('f', sealing)
  return place
}

test('inspect needs no key and gives each slot by its URI', async () => {
  const place = await withSealed({ context: { tenant: 't' } })
  const { document } = await succeed(
    place.runWith({ env: { KEYWRIGHT_DATA_DIR: '/nowhere' } }, 'inspect', 'f.kw', '--json'),
  )
  expect(document).toMatchObject({
    path: 'f.kw',
    layout: 'paged',
    context: { tenant: 't' },
    withheldNames: [],
    dekUse: 'single',
    threshold: 1,
    groups: 1,
    plaintextBytes: 7,
    pages: { generation: 1, unfinished: false, blockBytes: 4096 },
    rewrapUnfinished: false,
  })
  expect(document['slots']).toEqual([
    {
      group: 0,
      key: 'local://a',
      scheme: 'local',
      kind: 'plain',
      keyVersion: '1',
      algorithm: 'local.xaes-256-gcm',
      wrappedBytes: 72,
      wrapAuthenticity: 'kek-holder',
    },
  ])
})

test('inspect shows a rewrap that was cut short', async () => {
  const place = await withSealed()
  const file = await open(place.at('f.kw'), 'r+')
  await file.write(new Uint8Array(4096), 0, 4096, 4096)
  await file.close()
  const { document } = await succeed(place.run('inspect', 'f.kw', '--json'))
  expect(document['rewrapUnfinished']).toBe(true)
  expect((await succeed(place.run('inspect', 'f.kw'))).stdout).toContain('rewrap unfinished')
})

test('inspect names withheld values and keeps what could rewrite the screen from it', async () => {
  const place = await withSealed({ context: { x: '\u001b[2Jy', tenant: 't' }, withhold: ['tenant'] })
  const { stdout } = await succeed(place.run('inspect', 'f.kw'))
  expect(stdout).toContain('withheld  tenant')
  expect(stdout).not.toContain('\u001b')
})

test('inspect of what is no envelope ends with exit code 3', async () => {
  const place = await newPlace()
  await writeFile(place.at('f'), 'content')
  const ended = await place.run('inspect', 'f', '--json')
  expect(ended.code).toBe(3)
  expect(ended.document).toMatchObject({ path: 'f', error: { code: 'malformed-envelope', exitCode: 3 } })
})

test('verify authenticates all, and --header the keys alone', async () => {
  const place = await withSealed()
  const bytes = await readFile(place.at('f.kw'))
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1
  await writeFile(place.at('g.kw'), bytes)
  const whole = await succeed(place.run('verify', 'f.kw', ...key, '--json'))
  expect(whole.document).toMatchObject({ status: 'verified', level: 'body', plaintextBytes: 7 })
  expect((await place.run('verify', 'g.kw', ...key)).code).toBe(3)
  const { document } = await succeed(place.run('verify', 'g.kw', ...key, '--header', '--json'))
  expect(document).toMatchObject({ level: 'header', slots: [{ key: 'local://a', result: 'verified' }] })
})

test('verify compares a stated context', async () => {
  const place = await withSealed({ context: { tenant: 't' } })
  await succeed(place.run('verify', 'f.kw', ...key))
  await succeed(place.run('verify', 'f.kw', ...key, '--context', 'tenant=t'))
  expect((await place.run('verify', 'f.kw', ...key, '--context', 'tenant=u')).code).toBe(3)
  expect((await place.run('verify', 'f.kw', ...key, '--no-context', '--header')).code).toBe(3)
})
