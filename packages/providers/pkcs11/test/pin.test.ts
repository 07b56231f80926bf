import { chmod, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { choosePin } from '../src/pin.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'keywright-pin-'))
})
afterEach(async () => {
  delete process.env['KEYWRIGHT_PKCS11_PIN']
  delete process.env['KEYWRIGHT_PKCS11_PIN_FILE']
  await rm(folder, { recursive: true })
})

async function file(content: string, mode = 0o600): Promise<string> {
  const path = join(folder, 'pin')
  await writeFile(path, content)
  await chmod(path, mode)
  return path
}

test('a PIN file gives its one line', async () => {
  const path = await file('1234\n')
  expect(await choosePin({ pinSource: path })()).toBe('1234')
  expect(await choosePin({ pinSource: pathToFileURL(path).href })()).toBe('1234')
})

test('a PIN file is followed through links, as secrets are mounted', async () => {
  const link = join(folder, 'link')
  await symlink(await file('1234'), link)
  expect(await choosePin({ pinSource: link })()).toBe('1234')
})

test.each([
  ['readable by all', '1234', 0o604],
  ['writable by its group', '1234', 0o620],
  ['empty', '', 0o600],
  ['of two lines', '12\n34\n', 0o600],
  ['longer than a PIN', '1'.repeat(300), 0o600],
])('a PIN file that is %s is refused', async (_, content, mode) => {
  const pinSource = await file(content, mode)
  await expect(choosePin({ pinSource })()).rejects.toMatchObject({ code: 'configuration' })
})

test.each(['relative/pin', 'https://example.com/pin', 'file://host/pin', '|/bin/true', ''])(
  'a PIN source that is no local file is refused: %j',
  async (pinSource) => {
    await expect(choosePin({ pinSource })()).rejects.toMatchObject({ code: 'configuration' })
  },
)

test('a folder and a missing file are refused', async () => {
  for (const pinSource of [folder, join(folder, 'missing')]) {
    await expect(choosePin({ pinSource })()).rejects.toMatchObject({ code: 'configuration' })
  }
})

test('the environment serves where the options say nothing, its file first', async () => {
  process.env['KEYWRIGHT_PKCS11_PIN'] = '1111'
  expect(await choosePin({})()).toBe('1111')
  process.env['KEYWRIGHT_PKCS11_PIN_FILE'] = await file('2222')
  expect(await choosePin({})()).toBe('2222')
  expect(await choosePin({ pin: '3333' })()).toBe('3333')
})

test('without any source there is no PIN', async () => {
  expect(await choosePin({})()).toBeUndefined()
})

test('a function is asked each time', async () => {
  let asked = 0
  const read = choosePin({ pin: async () => `000${++asked}` })
  expect([await read(), await read()]).toEqual(['0001', '0002'])
})

test('two sources are one too many', () => {
  expect(() => choosePin({ pin: '1', pinSource: '/pin' })).toThrowError(
    expect.objectContaining({ code: 'configuration' }),
  )
})
