import {
  CryptographyClient,
  type KeyClient,
  type KeyProperties,
  type KeyVaultKey,
} from '@azure/keyvault-keys'
import type { KeyDescription } from '@keywright/core'
import { afterEach, expect, test } from 'vitest'
import { unhurried } from '../src/connect-azure.ts'
import { type AzureKeyVaultClient, azureKeyVault } from '../src/index.ts'
import { locateKey } from '../src/key-location.ts'
import { keyVaultDriver } from '../src/key-vault-driver.ts'
import { wrapMethods } from '../src/wrap-methods.ts'
import { type AzureScene, azureScene, context, dataKey, failureOf, wrapped } from './azure-scene.ts'

let scene: AzureScene | undefined

afterEach(async () => {
  await scene?.close()
  scene = undefined
})

const uriOf = (key: string): string => azureKeyVault({ key }).uri

test.each([
  ['contoso.vault.azure.net/keys/orders', 'contoso.vault.azure.net/keys/orders'],
  ['https://contoso.vault.azure.net/keys/orders', 'contoso.vault.azure.net/keys/orders'],
  ['CONTOSO.managedhsm.azure.net/keys/Orders-1', 'contoso.managedhsm.azure.net/keys/Orders-1'],
  ['contoso.vault.azure.net:443/keys/orders', 'contoso.vault.azure.net/keys/orders'],
  ['contoso.vault.azure.cn:8443/keys/orders', 'contoso.vault.azure.cn:8443/keys/orders'],
  ['localhost:8443/keys/orders', 'localhost:8443/keys/orders'],
])('%s is the key %s', (key, reference) => {
  expect(uriOf(key)).toBe(`azure-key-vault://${reference}`)
})

test.each([
  '',
  'orders',
  'contoso/keys/orders',
  'http://contoso.vault.azure.net/keys/orders',
  'contoso.vault.azure.net/keys/',
  'contoso.vault.azure.net/keys/or_ders',
  'contoso.vault.azure.net/keys/orders/',
  `contoso.vault.azure.net/keys/orders/${'0'.repeat(32)}`,
  'contoso.vault.azure.net/secrets/orders',
  'contoso.vault.azure.net:0/keys/orders',
  'contoso.vault.azure.net:65536/keys/orders',
  'contoso.vault.azure.net@elsewhere.example/keys/orders',
  `contoso.vault.azure.net/keys/${'a'.repeat(128)}`,
  '-contoso.vault.azure.net/keys/orders',
  'contoso..azure.net/keys/orders',
])('%j is no key', async (key) => {
  expect((await failureOf((async () => uriOf(key))())).code).toBe('configuration')
})

test('names in another case are the same key', async () => {
  scene = await azureScene()
  const kek = scene.kek({ key: `${scene.emulator.host}/keys/ORDERS` })
  expect(await kek.owns(`${scene.emulator.host}/keys/orders`)).toBe(true)
  expect(await kek.owns(`${scene.emulator.host}/keys/others`)).toBe(false)
  expect((await kek.unwrapKey(await wrapped(kek))).dataKey).toEqual(dataKey)
})

test('a loopback host that nobody declared to be an emulator gets no token', async () => {
  scene = await azureScene()
  const failure = await failureOf(scene.kek({ emulatorHost: undefined }).connect())
  expect([failure.code, failure.details.field]).toEqual(['configuration', 'emulatorHost'])
  expect(scene.emulator.calls.count('getKey')).toBe(0)
})

test('a host of Azure cannot be declared to be an emulator', async () => {
  const key = 'contoso.vault.azure.net/keys/orders'
  const kek = azureKeyVault({ key, emulatorHost: 'contoso.vault.azure.net', resilience: false })
  expect((await failureOf(kek.connect())).code).toBe('configuration')
})

test('ready clients are used in place of our own', async () => {
  scene = await azureScene('RSA')
  const { clientOptions, credential, emulator, keys } = scene
  const cryptography = (key: KeyVaultKey): CryptographyClient =>
    new CryptographyClient(key, credential, clientOptions())
  const key = `${emulator.host}/keys/orders`
  const kek = azureKeyVault({ key, client: { keys, cryptography }, resilience: false })
  expect((await kek.unwrapKey(await wrapped(kek))).dataKey).toEqual(dataKey)
})

test('the challenge is met once for a client, whatever the number of calls', async () => {
  scene = await azureScene()
  const kek = scene.kek()
  await wrapped(kek)
  scene.emulator.calls.clear()
  await Promise.all(Array.from({ length: 64 }, () => wrapped(kek)))
  expect(scene.emulator.calls.operations()).toEqual(['encrypt'])
})

test('many versions keep a bounded number of clients, and each still unwraps', async () => {
  scene = await azureScene()
  const { kek, keys, emulator } = scene
  const key = kek()
  const slots = []
  for (let version = 0; version < 20; version++) {
    slots.push(await wrapped(key))
    await keys.rotateKey('orders')
  }
  for (const slot of [...slots, ...slots.slice(-1)]) {
    expect((await key.unwrapKey(slot)).dataKey).toEqual(dataKey)
  }
  emulator.calls.clear()
  await key.unwrapKey(slots[19] ?? slots[0] ?? (await wrapped(key)))
  await key.unwrapKey(slots[0] ?? (await wrapped(key)))
  expect(emulator.calls.count('challenge')).toBe(1)
  const { versions, currentVersion } = await key.describeKey()
  expect([versions.length, versions.some(({ version }) => version === currentVersion)]).toEqual([21, true])
})

test('a list of versions is read to its last page', async () => {
  scene = await azureScene()
  for (let version = 0; version < 30; version++) await scene.keys.rotateKey('orders')
  expect((await scene.kek().describeKey()).versions.length).toBe(31)
})

const current = 'f'.repeat(32)

/** Ready clients whose list of versions goes on for ever, with so many on each page; and how often it was asked. */
function endless(onPage: number): { readonly client: AzureKeyVaultClient; readonly asked: () => number } {
  let asked = 0
  const named = (version: string): KeyProperties => ({ name: 'orders', vaultUrl: '', version, enabled: true })
  async function* pages(): AsyncGenerator<KeyProperties[]> {
    for (;;) {
      const first = asked++ * onPage
      yield Array.from({ length: onPage }, (_, at) => named((first + at).toString(16).padStart(32, '0')))
    }
  }
  const listPropertiesOfKeyVersions = (): ReturnType<KeyClient['listPropertiesOfKeyVersions']> => ({
    next: () => expect.fail('the pages are what is bounded'),
    [Symbol.asyncIterator]: () => expect.fail('the pages are what is bounded'),
    byPage: pages,
  })
  const getKey = async (): Promise<KeyVaultKey> => ({ name: 'orders', properties: named(current) })
  const cryptography = (): never => expect.fail('nothing is wrapped')
  return { client: { keys: { getKey, listPropertiesOfKeyVersions }, cryptography }, asked: () => asked }
}

const describedBy = (client: AzureKeyVaultClient): Promise<KeyDescription> =>
  azureKeyVault({ key: 'contoso.vault.azure.net/keys/orders', algorithm: 'A256GCM', client }).describeKey()

test('a list of versions that never ends is cut at 1,000, and the current version stands among them', async () => {
  const { client } = endless(300)
  const { versions } = await describedBy(client)
  expect([versions.length, versions.at(-1)?.version]).toEqual([1_000, current])
})

test('empty pages without end are given up, too', async () => {
  const { client, asked } = endless(0)
  const { versions } = await describedBy(client)
  expect([asked(), versions.map(({ version }) => version)]).toEqual([1_000, [current]])
})

test('without the right to list versions, the current one is described alone', async () => {
  scene = await azureScene()
  const { properties } = await scene.keys.rotateKey('orders')
  scene.emulator.faults.add({ fault: { kind: 'deny' }, operations: ['getKeyVersions'] })
  const { state, currentVersion, versions } = await scene.kek().describeKey()
  expect([state, currentVersion]).toEqual(['enabled', properties.version])
  expect(versions.map(({ version }) => version)).toEqual([properties.version])
})

test('another failure of that list is one of the description', async () => {
  scene = await azureScene()
  scene.emulator.faults.add({ fault: { kind: 'throttle' }, operations: ['getKeyVersions'] })
  expect((await failureOf(scene.kek().describeKey())).code).toBe('throttled')
})

test('a disabled version is described as one, an expired one as what it still does', async () => {
  scene = await azureScene()
  const { keys, kek } = scene
  const { properties } = await keys.getKey('orders')
  await keys.updateKeyProperties('orders', properties.version ?? '', { enabled: false })
  await keys.rotateKey('orders')
  await keys.updateKeyProperties('orders', { expiresOn: new Date(Date.now() - 60_000) })
  const { state, versions } = await kek().describeKey()
  expect([state, ...versions.map((version) => version.state)]).toEqual(['disabled', 'disabled', 'enabled'])
})

test.each([
  ['before its first moment', 999, 'disabled'],
  ['from its first moment', 1_000, 'enabled'],
  ['to its last', 1_999, 'enabled'],
  ['when that is over', 2_000, 'disabled'],
] as const)('a key with dates is described by them: %s', async (_, nowMs, state) => {
  const { client } = endless(1_000)
  const properties = { name: 'orders', vaultUrl: '', version: current, enabled: true }
  const dates = { notBefore: new Date(1_000), expiresOn: new Date(2_000) }
  const getKey = async (): Promise<KeyVaultKey> => ({
    name: 'orders',
    properties: { ...properties, ...dates },
  })
  const keys = { ...client.keys, getKey }
  const location = locateKey('contoso.vault.azure.net/keys/orders')
  const now = (): number => nowMs
  const driver = keyVaultDriver({ ...client, keys }, location, wrapMethods.A256GCM, 'hsm', now)
  expect((await driver.describeKey({})).state).toBe(state)
})

test('a key that is not yet valid is described as disabled, and wraps nothing', async () => {
  scene = await azureScene()
  await scene.keys.updateKeyProperties('orders', { notBefore: new Date(Date.now() + 60_000) })
  const kek = scene.kek()
  expect((await kek.describeKey()).state).toBe('disabled')
  expect((await failureOf(wrapped(kek))).code).toBe('key-disabled')
})

test('an abort lets the caller of a stalled wrap go', async () => {
  scene = await azureScene()
  const { emulator, kek } = scene
  const key = kek()
  await key.connect()
  emulator.faults.add({ fault: { kind: 'stall' }, operations: ['encrypt'] })
  const stalled = new Promise<void>((resolve) =>
    emulator.calls.listen(({ error }) => error === 'stall' && resolve()),
  )
  const controller = new AbortController()
  const call = failureOf(key.wrapKey({ dataKey, context, signal: controller.signal }))
  await stalled
  controller.abort()
  expect((await call).code).toBe('aborted')
})

test.each([
  ['RSA', 'software', 'public-key'],
  ['oct-HSM', 'hsm', 'kek-holder'],
] as const)('a key of type %s is declared as %s and %s', async (type, protectionLevel, wrapAuthenticity) => {
  scene = await azureScene(type)
  const { capabilities } = await scene.kek().connect()
  expect(capabilities).toMatchObject({ protectionLevel, wrapAuthenticity })
})

test.each([
  ['contoso.vault.azure.net', 'RSA-OAEP-256', 'unknown'],
  ['contoso.managedhsm.azure.net', 'RSA-OAEP-256', 'hsm'],
  ['contoso.managedhsm.azure.cn:8443', 'A256KW', 'hsm'],
] as const)(
  'at %s, a key that is not read and wraps with %s is held in: %s',
  async (host, algorithm, level) => {
    scene = await azureScene('none')
    const { keys, sdkClient } = scene
    const client = { keys, cryptography: () => sdkClient() }
    const { capabilities } = await azureKeyVault({ key: `${host}/keys/orders`, algorithm, client }).connect()
    expect(capabilities.protectionLevel).toBe(level)
    expect(scene.emulator.calls.count()).toBe(0)
  },
)

test('an RSA key of an HSM is declared as one', async () => {
  scene = await azureScene('none')
  await scene.keys.createRsaKey('orders', { hsm: true })
  expect((await scene.kek().connect()).capabilities.protectionLevel).toBe('hsm')
})

test('calls that wait for one token ask the credential once, and none of them can stop it', async () => {
  let asked = 0
  let answer: (token: string) => void = () => {}
  const said = new Promise<string>((resolve) => {
    answer = resolve
  })
  const credential = unhurried({
    getToken: async (_, options) => {
      asked += 1
      expect(options?.abortSignal).toBeUndefined()
      return { token: await said, expiresOnTimestamp: 0 }
    },
  })
  const waiting = [AbortSignal.abort(), undefined].map((abortSignal) =>
    credential.getToken('scope', abortSignal === undefined ? {} : { abortSignal }),
  )
  answer('token')
  expect((await Promise.all(waiting)).map((token) => token?.token)).toEqual(['token', 'token'])
  expect(asked).toBe(1)
  await credential.getToken('scope')
  expect(asked).toBe(2)
})
