import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { homedir, platform } from 'node:os'
import { join, resolve } from 'node:path'
import { isKeywrightError } from '@keywright/core'
import { expect, test } from 'vitest'
import { chooseDataFolder } from '../src/data-folder.ts'
import { createKey, listKeys, local } from '../src/index.ts'
import { codeOf, setEnvironment, temporaryFolder } from './temporary-folder.ts'

test('the option goes before the environment', () => {
  setEnvironment({ KEYWRIGHT_DATA_DIR: '/elsewhere' })
  expect(chooseDataFolder('here')).toEqual({ path: resolve('here'), named: true })
  expect(chooseDataFolder(undefined)).toEqual({ path: '/elsewhere', named: true })
})

test('a relative KEYWRIGHT_DATA_DIR is refused: it would mean another folder in each place', () => {
  setEnvironment({ KEYWRIGHT_DATA_DIR: 'here' })
  expect(() => chooseDataFolder(undefined)).toThrow(expect.objectContaining({ code: 'configuration' }))
})

test.runIf(platform() === 'linux')('without either, the user data folder of XDG is used', () => {
  setEnvironment({ KEYWRIGHT_DATA_DIR: undefined, XDG_DATA_HOME: '/data' })
  expect(chooseDataFolder(undefined)).toEqual({ path: '/data/keywright', named: false })
})

test.runIf(platform() === 'linux')('a relative XDG_DATA_HOME counts as unset', () => {
  setEnvironment({ KEYWRIGHT_DATA_DIR: undefined, XDG_DATA_HOME: 'data' })
  expect(chooseDataFolder(undefined).path).toBe(join(homedir(), '.local/share/keywright'))
})

test.runIf(platform() === 'linux')('a default data folder inside a working tree is refused', async () => {
  const tree = await temporaryFolder()
  await mkdir(join(tree, '.git'))
  setEnvironment({ KEYWRIGHT_DATA_DIR: undefined, XDG_DATA_HOME: join(tree, 'a', 'b') })
  expect(await codeOf(createKey({ key: 'default' }))).toBe('configuration')
  expect(await codeOf(listKeys())).toBe('configuration')
  expect(await codeOf(local({ key: 'default', create: true }).connect())).toBe('configuration')
})

test.runIf(platform() === 'linux')(
  'a link does not hide that the data folder lies in a working tree',
  async () => {
    const tree = await temporaryFolder()
    const home = await temporaryFolder()
    await writeFile(join(tree, '.git'), 'gitdir: elsewhere\n')
    await symlink(tree, join(home, 'keywright'))
    setEnvironment({ KEYWRIGHT_DATA_DIR: undefined, XDG_DATA_HOME: home })
    expect(await codeOf(createKey({ key: 'default' }))).toBe('configuration')
  },
)

test('a data folder in a working tree that somebody named is used, and keeps its files out of the tree', async () => {
  const tree = await temporaryFolder()
  await mkdir(join(tree, '.git'))
  await createKey({ key: 'default', folder: join(tree, 'data') })
  expect(await readFile(join(tree, 'data/keys/.gitignore'), 'utf8')).toBe('*\n')
})

test.each([
  '',
  '.',
  '..',
  '../up',
  'a/b',
  'a\\b',
  '/etc/passwd',
  'Upper',
  '-flag',
  '.hidden',
  'a\0b',
  'ä',
  'a'.repeat(64),
])('the key name %j is refused everywhere', async (key) => {
  const folder = await temporaryFolder()
  expect(await codeOf(createKey({ key, folder }))).toBe('configuration')
  expect(() => local({ key, folder })).toThrow(expect.objectContaining({ code: 'configuration' }))
  expect(() => local.fromUri(`local://${key}`)).toThrow(expect.objectContaining({ code: 'configuration' }))
})

test('a name that is not a string is refused', async () => {
  const folder = await temporaryFolder()
  const key = { toString: () => 'default' } as unknown as string
  const failure = await createKey({ key, folder }).catch((error: unknown) => error)
  expect(isKeywrightError(failure, 'configuration')).toBe(true)
})
