import { spawnSync } from 'node:child_process'
import {
  chmod,
  chown,
  link,
  mkdir,
  readdir,
  readFile,
  rename,
  stat,
  symlink,
  unlink,
  writeFile,
} from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createKey, describeKey, listKeys, local, rotateKey } from '../src/index.ts'
import { codeOf, contextOf, keyPath, temporaryFolder } from './temporary-folder.ts'

const request = { dataKey: new Uint8Array(32).fill(1), context: contextOf(1) }

test('a key file can be used by its owner only, and so can its folder', async () => {
  const folder = await temporaryFolder()
  await createKey({ key: 'default', folder })
  expect((await stat(keyPath(folder))).mode & 0o777).toBe(0o600)
  expect((await stat(join(folder, 'keys'))).mode & 0o777).toBe(0o700)
  await rotateKey({ key: 'default', folder })
  expect((await stat(keyPath(folder))).mode & 0o777).toBe(0o600)
})

test.each([0o640, 0o604, 0o620, 0o602, 0o610, 0o601])('a key file of mode %o is refused', async (mode) => {
  const folder = await temporaryFolder()
  await createKey({ key: 'default', folder })
  await chmod(keyPath(folder), mode)
  expect(await codeOf(local({ key: 'default', folder }).connect())).toBe('configuration')
  expect(await codeOf(rotateKey({ key: 'default', folder }))).toBe('configuration')
  expect(await codeOf(describeKey({ key: 'default', folder }))).toBe('configuration')
})

test('a key file that becomes readable for others is refused by a process that uses it already', async () => {
  const folder = await temporaryFolder()
  const kek = local({ key: 'default', folder, create: true })
  await kek.wrapKey(request)
  await chmod(keyPath(folder), 0o644)
  expect(await codeOf(kek.wrapKey(request))).toBe('configuration')
  await chmod(keyPath(folder), 0o600)
  expect(await codeOf(kek.wrapKey(request))).toBe('no error')
})

test.each([0o720, 0o702, 0o777])('a key folder of mode %o is refused', async (mode) => {
  const folder = await temporaryFolder()
  await createKey({ key: 'default', folder })
  await chmod(join(folder, 'keys'), mode)
  expect(await codeOf(local({ key: 'default', folder }).connect())).toBe('configuration')
  expect(await codeOf(createKey({ key: 'other', folder }))).toBe('configuration')
})

test('a data folder that others can write is refused: they could put another key folder there', async () => {
  const folder = await temporaryFolder()
  await createKey({ key: 'default', folder })
  await chmod(folder, 0o777)
  expect(await codeOf(local({ key: 'default', folder }).connect())).toBe('configuration')
})

test('a link in the place of a key file is refused', async () => {
  const folder = await temporaryFolder()
  await createKey({ key: 'default', folder })
  await rename(keyPath(folder), join(folder, 'moved.json'))
  await symlink(join(folder, 'moved.json'), keyPath(folder))
  expect(await codeOf(local({ key: 'default', folder }).connect())).toBe('configuration')
  expect(await codeOf(rotateKey({ key: 'default', folder }))).toBe('configuration')
})

test('a link to nowhere is not filled by creating a key', async () => {
  const folder = await temporaryFolder()
  await mkdir(join(folder, 'keys'), { mode: 0o700 })
  await symlink(join(folder, 'target'), keyPath(folder))
  expect(await codeOf(createKey({ key: 'default', folder }))).toBe('storage-exists')
  expect(await readdir(folder)).toEqual(['keys'])
})

test('a pipe or a folder in the place of a key file is refused without waiting for it', async () => {
  const folder = await temporaryFolder()
  await mkdir(join(folder, 'keys'), { mode: 0o700 })
  spawnSync('mkfifo', ['-m', '600', keyPath(folder)])
  expect(await codeOf(local({ key: 'default', folder }).connect())).toBe('configuration')
  await unlink(keyPath(folder))
  await mkdir(keyPath(folder), { mode: 0o700 })
  expect(await codeOf(local({ key: 'default', folder }).connect())).toBe('configuration')
})

test('a file that is longer than a key file can be is refused before it is read', async () => {
  const folder = await temporaryFolder()
  await mkdir(join(folder, 'keys'), { mode: 0o700 })
  await writeFile(keyPath(folder), Buffer.alloc(300_000), { mode: 0o600 })
  expect(await codeOf(local({ key: 'default', folder }).connect())).toBe('configuration')
})

test('an empty file is refused', async () => {
  const folder = await temporaryFolder()
  await mkdir(join(folder, 'keys'), { mode: 0o700 })
  await writeFile(keyPath(folder), '', { mode: 0o600 })
  expect(await codeOf(local({ key: 'default', folder }).connect())).toBe('configuration')
})

test('the file of another key under this name is refused', async () => {
  const folder = await temporaryFolder()
  await createKey({ key: 'other', folder })
  await link(keyPath(folder, 'other'), keyPath(folder))
  expect(await codeOf(local({ key: 'default', folder }).connect())).toBe('configuration')
})

// Only the superuser can give a file away.
test.runIf(process.geteuid?.() === 0)('a key file of another user is refused', async () => {
  const folder = await temporaryFolder()
  await createKey({ key: 'default', folder })
  await chown(keyPath(folder), 12345, 12345)
  expect(await codeOf(local({ key: 'default', folder }).connect())).toBe('configuration')
})

test('creating a key that exists leaves it as it is', async () => {
  const folder = await temporaryFolder()
  await createKey({ key: 'default', folder })
  const before = await readFile(keyPath(folder))
  expect(await codeOf(createKey({ key: 'default', folder }))).toBe('storage-exists')
  expect(await readFile(keyPath(folder))).toEqual(before)
})

test('what a crashed write left behind goes with the next one', async () => {
  const folder = await temporaryFolder()
  await createKey({ key: 'default', folder })
  await writeFile(join(folder, 'keys', '.default.json.new-0123456789abcdef'), 'draft', { mode: 0o600 })
  await rotateKey({ key: 'default', folder })
  expect(await readdir(join(folder, 'keys'))).toEqual(['default.json'])
})

test('a damaged key is listed with its reason, and the others are listed too', async () => {
  const folder = await temporaryFolder()
  await createKey({ key: 'good', folder })
  await createKey({ key: 'bad', folder })
  await writeFile(keyPath(folder, 'bad'), '{}')
  const listed = await listKeys({ folder })
  expect(listed.map(({ name, problem }) => [name, problem?.code])).toEqual([
    ['bad', 'configuration'],
    ['good', undefined],
  ])
})

test('a data folder that does not exist has no keys', async () => {
  const folder = await temporaryFolder()
  expect(await listKeys({ folder: join(folder, 'none') })).toEqual([])
})
