import { copyFile, readFile, unlink, utimes, writeFile } from 'node:fs/promises'
import { keyring, open, seal } from '@keywright/core'
import { expect, test } from 'vitest'
import {
  createKey,
  describeKey,
  destroyKeyVersion,
  disableKeyVersion,
  enableKeyVersion,
  local,
  rotateKey,
} from '../src/index.ts'
import { codeOf, contextOf, keyPath, temporaryFolder } from './temporary-folder.ts'

const context = contextOf(1)
const dataKey = new Uint8Array(32).fill(5)

async function connectedKey() {
  const folder = await temporaryFolder()
  await createKey({ key: 'default', folder })
  const kek = local({ key: 'default', folder })
  const wrap = async () => {
    const { wrapped, keyVersion = '', algorithm } = await kek.wrapKey({ dataKey, context })
    return { wrapped, keyVersion, algorithm, reference: 'default', context }
  }
  return { key: 'default', folder, kek, wrap }
}

test('a wrapped key is 72 bytes and unwraps under the version that wrapped it', async () => {
  const { kek, wrap } = await connectedKey()
  const slot = await wrap()
  expect(slot).toMatchObject({ keyVersion: '1', algorithm: 'local.xaes-256-gcm' })
  expect(slot.wrapped.length).toBe(72)
  const answer = await kek.unwrapKey(slot)
  expect(answer).toEqual({ dataKey, answeredKey: 'default', keyVersion: '1' })
})

test('wrapping twice gives different bytes', async () => {
  const { wrap } = await connectedKey()
  expect((await wrap()).wrapped).not.toEqual((await wrap()).wrapped)
})

test('another context, a changed byte, another length and another key are one code', async () => {
  const { kek, wrap, folder } = await connectedKey()
  const slot = await wrap()
  const other = local({ key: 'other', folder, create: true })
  expect(await codeOf(kek.unwrapKey({ ...slot, context: contextOf(2) }))).toBe('unwrap-failed')
  expect(await codeOf(kek.unwrapKey({ ...slot, wrapped: slot.wrapped.slice(1) }))).toBe('unwrap-failed')
  expect(await codeOf(kek.unwrapKey({ ...slot, wrapped: new Uint8Array(73) }))).toBe('unwrap-failed')
  expect(await codeOf(other.unwrapKey({ ...slot, reference: 'other' }))).toBe('unwrap-failed')
  for (let index = 0; index < slot.wrapped.length; index++) {
    const wrapped = Uint8Array.from(slot.wrapped)
    wrapped[index] = (wrapped[index] ?? 0) ^ 1
    expect(await codeOf(kek.unwrapKey({ ...slot, wrapped }))).toBe('unwrap-failed')
  }
})

test('after a rotation new keys are wrapped by the new version, and old ones still unwrap', async () => {
  const { kek, wrap, ...request } = await connectedKey()
  const old = await wrap()
  await rotateKey(request)
  const recent = await wrap()
  expect([old.keyVersion, recent.keyVersion]).toEqual(['1', '2'])
  expect((await kek.unwrapKey(old)).dataKey).toEqual(dataKey)
  expect((await kek.unwrapKey(recent)).dataKey).toEqual(dataKey)
  expect(await codeOf(kek.unwrapKey({ ...old, keyVersion: '2' }))).toBe('unwrap-failed')
})

test('a disabled version neither wraps nor unwraps until it is enabled again', async () => {
  const { kek, wrap, ...request } = await connectedKey()
  const slot = await wrap()
  await disableKeyVersion({ ...request, version: '1' })
  expect(await codeOf(wrap())).toBe('key-disabled')
  expect(await codeOf(kek.unwrapKey(slot))).toBe('key-disabled')
  await enableKeyVersion({ ...request, version: '1' })
  expect((await kek.unwrapKey(slot)).dataKey).toEqual(dataKey)
})

test('a destroyed version says that it is retired, and its key is out of the file', async () => {
  const { kek, wrap, ...request } = await connectedKey()
  const slot = await wrap()
  await rotateKey(request)
  await disableKeyVersion({ ...request, version: '1' })
  const before = await readFile(keyPath(request.folder))
  await destroyKeyVersion({ ...request, version: '1' })
  expect((await readFile(keyPath(request.folder))).length).toBe(before.length - 63)
  expect(await codeOf(kek.unwrapKey(slot))).toBe('key-version-retired')
  expect(await codeOf(wrap())).toBe('no error')
  expect(await codeOf(enableKeyVersion({ ...request, version: '1' }))).toBe('key-version-retired')
})

test('a key whose versions are all destroyed says so, and can be rotated to a new one', async () => {
  const { kek, wrap, ...request } = await connectedKey()
  const slot = await wrap()
  await disableKeyVersion({ ...request, version: '1' })
  await destroyKeyVersion({ ...request, version: '1' })
  expect(await codeOf(wrap())).toBe('key-destroyed')
  expect(await codeOf(kek.unwrapKey(slot))).toBe('key-destroyed')
  expect((await kek.describeKey()).state).toBe('destroyed')
  await rotateKey(request)
  expect((await wrap()).keyVersion).toBe('2')
})

test('an enabled version is not destroyed', async () => {
  const request = await connectedKey()
  expect(await codeOf(destroyKeyVersion({ ...request, version: '1' }))).toBe('invalid-argument')
})

test('a version that the key does not have is not found', async () => {
  const { kek, wrap, ...request } = await connectedKey()
  const slot = await wrap()
  expect(await codeOf(kek.unwrapKey({ ...slot, keyVersion: '2' }))).toBe('key-not-found')
  expect(await codeOf(disableKeyVersion({ ...request, version: '2' }))).toBe('key-not-found')
})

test.each(['', '0', '01', '-1', '1e0', '1 ', '../1', '__proto__', '99999'])(
  'the version %j is refused',
  async (version) => {
    const { kek, wrap, ...request } = await connectedKey()
    const slot = await wrap()
    expect(await codeOf(kek.unwrapKey({ ...slot, keyVersion: version }))).toBe('invalid-argument')
    expect(await codeOf(disableKeyVersion({ ...request, version }))).toBe('invalid-argument')
  },
)

test('a version that another process made is found, whatever modification time its file claims', async () => {
  const { kek, wrap, ...request } = await connectedKey()
  await wrap()
  const rotated = local(request)
  await rotateKey(request)
  await utimes(keyPath(request.folder), 0, 0)
  const { wrapped, keyVersion = '', algorithm } = await rotated.wrapKey({ dataKey, context })
  const answer = await kek.unwrapKey({ wrapped, keyVersion, algorithm, reference: 'default', context })
  expect(answer.keyVersion).toBe('2')
})

test('a key that is taken away, damaged, and brought back is refused, refused, and used', async () => {
  const { wrap, folder } = await connectedKey()
  await wrap()
  const good = await readFile(keyPath(folder))
  await copyFile(keyPath(folder), `${keyPath(folder)}.kept`)
  await unlink(keyPath(folder))
  expect(await codeOf(wrap())).toBe('key-not-found')
  await writeFile(keyPath(folder), good.subarray(1), { mode: 0o600 })
  expect(await codeOf(wrap())).toBe('configuration')
  await copyFile(`${keyPath(folder)}.kept`, keyPath(folder))
  expect(await codeOf(wrap())).toBe('no error')
})

test('a key that does not exist names the command that makes it', async () => {
  const folder = await temporaryFolder()
  const failure = await local({ key: 'orders', folder })
    .connect()
    .catch((error: unknown) => error)
  expect(failure).toMatchObject({ code: 'key-not-found', details: { key: 'local://orders' } })
  expect(String(failure)).toContain('keywright keys create orders')
})

test('with create, twenty connections at once make one key', async () => {
  const folder = await temporaryFolder()
  const keks = Array.from({ length: 20 }, () => local({ key: 'default', folder, create: true }))
  const slots = await Promise.all(keks.map((kek) => kek.wrapKey({ dataKey, context })))
  for (const { wrapped, keyVersion = '', algorithm } of slots) {
    const answer = await keks[0]?.unwrapKey({ wrapped, keyVersion, algorithm, reference: 'default', context })
    expect(answer?.dataKey).toEqual(dataKey)
  }
})

test('rotating while a hundred calls are under way fails none of them', async () => {
  const { kek, wrap, ...request } = await connectedKey()
  const rotations = (async () => {
    for (let count = 0; count < 10; count++) await rotateKey(request)
  })()
  const slots = await Promise.all(Array.from({ length: 100 }, wrap))
  await rotations
  for (const slot of slots) expect((await kek.unwrapKey(slot)).dataKey).toEqual(dataKey)
})

test('a rotation that has returned is seen by every later call, also while an older read is under way', async () => {
  const { wrap, ...request } = await connectedKey()
  for (let version = 2; version < 30; version++) {
    const rotation = rotateKey(request)
    const meanwhile = Array.from({ length: 5 }, wrap)
    await rotation
    expect((await wrap()).keyVersion).toBe(String(version))
    await Promise.all(meanwhile)
  }
})

test('a closed key is refused', async () => {
  const { kek, wrap } = await connectedKey()
  await wrap()
  await kek.close()
  expect(await codeOf(wrap())).toBe('configuration')
})

test('a key is described with its versions, by a KEK and without one', async () => {
  const { kek, wrap, ...request } = await connectedKey()
  await wrap()
  await rotateKey(request)
  await disableKeyVersion({ ...request, version: '1' })
  const description = await kek.describeKey()
  expect(description).toMatchObject({
    state: 'enabled',
    currentVersion: '2',
    protectionLevel: 'software',
    versions: [
      { version: '1', state: 'disabled' },
      { version: '2', state: 'enabled' },
    ],
  })
  expect(await describeKey(request)).toMatchObject({
    ...description,
    name: 'default',
    uri: 'local://default',
    path: keyPath(request.folder),
    passphrase: false,
  })
})

test('a key URI names a key, and nothing more fits into it', () => {
  expect(local.fromUri('local://default').uri).toBe('local://default')
  for (const uri of ['local://default?folder=x', 'local://a/b', 'local:default', 'other://default']) {
    expect(() => local.fromUri(uri)).toThrow(expect.objectContaining({ code: 'configuration' }))
  }
})

test('an envelope sealed under a local key opens, also after a rotation', async () => {
  const { key, folder } = await connectedKey()
  const sealing = keyring({ seal: [local({ key, folder })] })
  const sealed = await seal('a card number', { keys: sealing, context: { tenant: 'a' } })
  await sealing.close()
  await rotateKey({ key, folder })
  const opening = keyring({ open: [local({ key, folder })] })
  const opened = await open(sealed, { keys: opening, context: { tenant: 'a' } })
  expect(Buffer.from(opened).toString()).toBe('a card number')
  await opening.close()
})
