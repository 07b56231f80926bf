import { afterEach, beforeEach, expect, test } from 'vitest'
import type { GcpKmsClient } from '../src/gcp-kms-client.ts'
import { googleClient } from './google-client.ts'
import { codeOf, key, type Scene, startScene } from './scene.ts'

let scene: Scene

beforeEach(async () => {
  scene = await startScene()
})

afterEach(() => scene.close())

test('a key is described with its versions, their states and its protection level', async () => {
  const kek = scene.kek()
  await scene.admin.rotate()
  await scene.admin.rotate()
  await scene.admin.setState(2, 'DISABLED')
  await scene.admin.destroy(1)
  const described = await kek.describeKey()
  expect(described).toMatchObject({ state: 'enabled', currentVersion: '3', protectionLevel: 'software' })
  expect(described.versions.map(({ version, state }) => [version, state])).toEqual([
    ['1', 'destroyed'],
    ['2', 'disabled'],
    ['3', 'enabled'],
  ])
  expect(described.createdAt).toBeInstanceOf(Date)
})

test('versions on further pages are listed too', async () => {
  const google = googleClient(scene.emulator.url)
  const client: GcpKmsClient = {
    encrypt: (request, options) => google.encrypt(request, options),
    decrypt: (request, options) => google.decrypt(request, options),
    getCryptoKey: (request, options) => google.getCryptoKey(request, options),
    listCryptoKeyVersions: (request, options) =>
      google.listCryptoKeyVersions({ ...request, pageSize: 1 }, options),
  }
  await scene.admin.rotate()
  await scene.admin.rotate()
  const { versions } = await scene.kek({ client }).describeKey()
  await google.close()
  expect(versions.map(({ version }) => version)).toEqual(['1', '2', '3'])
})

/** A client whose list of versions goes on for ever, with so many on each page; and how often it was asked. */
function endless(onPage: number): { readonly client: GcpKmsClient; readonly asked: () => number } {
  let asked = 0
  const client: GcpKmsClient = {
    encrypt: () => expect.fail('nothing is wrapped'),
    decrypt: () => expect.fail('nothing is unwrapped'),
    getCryptoKey: async () => [{ primary: { name: `${key}/cryptoKeyVersions/999999`, state: 'ENABLED' } }],
    listCryptoKeyVersions: async () => {
      const first = asked++ * onPage + 1
      const versions = Array.from({ length: onPage }, (_, at) => ({
        name: `${key}/cryptoKeyVersions/${first + at}`,
        state: 'ENABLED',
      }))
      return [versions, { pageToken: 'more' }]
    },
  }
  return { client, asked: () => asked }
}

test('a list of versions that never ends is cut at 1,000, and the current version stands among them', async () => {
  const { client } = endless(300)
  const { versions, currentVersion } = await scene.kek({ client }).describeKey()
  expect([versions.length, versions[0]?.version, currentVersion]).toEqual([1_000, '1', '999999'])
  expect(versions.at(-1)).toMatchObject({ version: '999999', state: 'enabled' })
})

test('empty pages without end are given up, too', async () => {
  const { client, asked } = endless(0)
  const { versions } = await scene.kek({ client }).describeKey()
  expect([asked(), versions.length]).toEqual([1_000, 1])
})

test('without the permission to list, the primary version is described alone', async () => {
  await scene.admin.rotate()
  scene.emulator.grants.limit('anonymous', ['cloudkms.cryptoKeys.get'])
  const { state, currentVersion, versions } = await scene.kek().describeKey()
  expect([state, currentVersion]).toEqual(['enabled', '2'])
  expect(versions.map(({ version }) => version)).toEqual(['2'])
})

// Vitest fails for the rejection; a process would end by it.
test('a description that meets the end of the client is refused, and leaves no rejection unhandled', async () => {
  const kek = scene.kek()
  await kek.connect()
  const call = kek.describeKey()
  call.catch(() => {})
  await kek.close()
  expect(['unavailable', 'unknown']).toContain(await codeOf(() => call))
})

test('a key whose primary version waits for its end is pending deletion', async () => {
  await scene.admin.destroy(1)
  expect((await scene.kek().describeKey()).state).toBe('pending-deletion')
})
