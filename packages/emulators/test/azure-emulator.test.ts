import { constants, createPublicKey, publicEncrypt, X509Certificate } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ManagedIdentityCredential } from '@azure/identity'
import { CryptographyClient, KeyClient } from '@azure/keyvault-keys'
import { afterEach, expect, test, vi } from 'vitest'
import { type AzureEmulator, azureKeyVaultEmulator, azureManagedHsmEmulator } from '../src/index.ts'
import { type AzureScene, azureScene } from './azure-scene.ts'
import { sample, text } from './azure-situation.ts'

const closings: (() => unknown)[] = []

afterEach(async () => {
  vi.unstubAllEnvs()
  for (const close of closings.splice(0).reverse()) await close()
})

async function scene(
  flavour: 'key-vault' | 'managed-hsm' = 'managed-hsm',
  now?: () => Date,
): Promise<AzureScene> {
  const made = await azureScene(flavour, now)
  closings.push(made.close)
  return made
}

function clientFor(emulator: AzureEmulator): KeyClient {
  const credential = {
    getToken: async () => ({ token: emulator.token(), expiresOnTimestamp: Date.now() + 60_000 }),
  }
  const tlsOptions = { ca: emulator.certificate }
  return new KeyClient(emulator.url, credential, { disableChallengeResourceVerification: true, tlsOptions })
}

async function namesOf(items: AsyncIterable<{ readonly name: string }>): Promise<string[]> {
  const names: string[] = []
  for await (const { name } of items) names.push(name)
  return names
}

test('the certificate is for the loopback alone, and vouches for itself', async () => {
  const { emulator } = await scene()
  const certificate = new X509Certificate(emulator.certificate)
  expect(certificate.verify(certificate.publicKey)).toBe(true)
  expect(certificate.checkIP('127.0.0.1')).toBe('127.0.0.1')
  expect(certificate.checkHost('localhost')).toBe('localhost')
  expect(certificate.checkHost('contoso.vault.azure.net')).toBeUndefined()
})

test('whoever was not told to trust it does not get as far as a request', async () => {
  const { emulator } = await scene()
  await expect(fetch(emulator.url)).rejects.toThrow()
  expect(emulator.calls.count()).toBe(0)
})

// One test for both kinds: Azure's library looks at these variables once in the life of a process.
test('managed identities get their tokens where the environment says, each for a principal of its own', async () => {
  const { emulator, keys } = await scene()
  for (const [name, value] of Object.entries(emulator.environment)) vi.stubEnv(name, value)
  await keys.createKey('orders', 'oct-HSM')
  const tlsOptions = { ca: readFileSync(emulator.environment['NODE_EXTRA_CA_CERTS'] ?? '', 'utf8') }
  const options = { disableChallengeResourceVerification: true, tlsOptions }
  await new KeyClient(emulator.url, new ManagedIdentityCredential(), options).getKey('orders')
  expect(emulator.calls.latest.at(-1)?.principal).toBe('emulator')
  emulator.grants.limit('reader', ['Microsoft.KeyVault/managedHsm/keys/read/action'])
  const reader = new KeyClient(emulator.url, new ManagedIdentityCredential({ clientId: 'reader' }), options)
  await reader.getKey('orders')
  expect(emulator.calls.latest.at(-1)?.principal).toBe('reader')
  await expect(reader.createKey('others', 'oct-HSM')).rejects.toMatchObject({ statusCode: 403 })
})

test('the identity endpoint answers to its secret only, and to its one path', async () => {
  const { emulator } = await scene()
  const { IDENTITY_ENDPOINT = '', IDENTITY_HEADER = '' } = emulator.environment
  const headers = { 'x-identity-header': IDENTITY_HEADER }
  const statusOf = async (url: string, init?: RequestInit): Promise<number> => (await fetch(url, init)).status
  expect(await statusOf(`${IDENTITY_ENDPOINT}?resource=r`)).toBe(401)
  expect(await statusOf(IDENTITY_ENDPOINT, { headers })).toBe(400)
  expect(await statusOf(new URL('/other', IDENTITY_ENDPOINT).href, { headers })).toBe(404)
  expect(await statusOf(`${IDENTITY_ENDPOINT}?resource=r`, { headers })).toBe(200)
})

test.each([
  ['that nobody issued', () => 'a.b.c'],
  ['that is no token', () => 'nonsense'],
  ['whose words were changed', (token: string) => token.replace('.', '.e')],
  ['without its signature', (token: string) => token.slice(0, token.lastIndexOf('.') + 1)],
])('a token %s is refused', async (_, change) => {
  const { emulator, byHand } = await scene()
  const { status } = await byHand('GET', '/keys?api-version=7.5', undefined, {
    token: change(emulator.token()),
  })
  expect(status).toBe(401)
})

test('a token that has expired is refused', async () => {
  let now = Date.now()
  const { emulator, byHand } = await scene('managed-hsm', () => new Date(now))
  const token = emulator.token({ expiresInSeconds: 60 })
  const list = (): ReturnType<typeof byHand> => byHand('GET', '/keys?api-version=7.5', undefined, { token })
  expect((await list()).status).toBe(200)
  now += 60_000
  expect((await list()).status).toBe(401)
})

test("a token for the other service is refused in a managed HSM's own way", async () => {
  const { emulator, byHand } = await scene()
  const token = emulator.token({ audience: 'https://vault.azure.net' })
  expect((await byHand('GET', '/keys?api-version=7.5', undefined, { token })).status).toBe(401)
})

test('a deleted key can be recovered, with its versions, until it is purged', async () => {
  const { keys } = await scene()
  const { properties } = await keys.createKey('orders', 'oct-HSM')
  await keys.rotateKey('orders')
  await keys.beginDeleteKey('orders')
  expect(await namesOf(keys.listDeletedKeys())).toEqual(['orders'])
  await expect(keys.getKey('orders')).rejects.toMatchObject({ statusCode: 404 })
  await keys.beginRecoverDeletedKey('orders')
  expect((await keys.getKey('orders', { version: properties.version ?? '' })).name).toBe('orders')
  await keys.beginDeleteKey('orders')
  await keys.purgeDeletedKey('orders')
  await keys.createKey('orders', 'oct-HSM')
  await expect(keys.getKey('orders', { version: properties.version ?? '' })).rejects.toMatchObject({
    statusCode: 404,
  })
})

test('lists come in pages that lead to one another', async () => {
  const { emulator, keys } = await scene()
  const names = Array.from({ length: 30 }, (_, index) => `key-${index}`)
  for (const name of names) await keys.createKey(name, 'oct-HSM')
  emulator.calls.clear()
  expect(await namesOf(keys.listPropertiesOfKeys())).toEqual(names)
  expect(emulator.calls.count('getKeys')).toBe(2)
})

test('names and versions are found in either case, and named as they were made', async () => {
  const { emulator, keys } = await scene()
  const { properties } = await keys.createKey('Orders', 'oct-HSM')
  const version = properties.version?.toUpperCase() ?? ''
  expect((await keys.getKey('ORDERS', { version })).id).toBe(
    `${emulator.url}/keys/Orders/${properties.version}`,
  )
})

test('keys in a folder outlive their emulator, in memory they do not', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'azure-emulator-'))
  closings.push(() => rmSync(folder, { recursive: true }))
  const first = await azureManagedHsmEmulator({ folder })
  const keys = clientFor(first)
  const { id = '' } = await keys.createKey('orders', 'oct-HSM')
  const credential = {
    getToken: async () => ({ token: first.token(), expiresOnTimestamp: Date.now() + 60_000 }),
  }
  const options = { disableChallengeResourceVerification: true, tlsOptions: { ca: first.certificate } }
  const { result } = await new CryptographyClient(id, credential, options).wrapKey('A256KW', sample)
  await first.close()
  const second = await azureManagedHsmEmulator({ folder, port: Number(new URL(first.url).port) })
  closings.push(second.close)
  const again = { getToken: async () => ({ token: second.token(), expiresOnTimestamp: Date.now() + 60_000 }) }
  const trust = { ...options, tlsOptions: { ca: second.certificate } }
  const unwrapped = await new CryptographyClient(id, again, trust).unwrapKey('A256KW', result)
  expect(Uint8Array.from(unwrapped.result)).toEqual(sample)
})

test('what a closed emulator made beside its keys is gone', async () => {
  const emulator = await azureKeyVaultEmulator()
  const file = emulator.environment['NODE_EXTRA_CA_CERTS'] ?? ''
  expect(existsSync(file)).toBe(true)
  await emulator.close()
  await emulator.close()
  expect(existsSync(file)).toBe(false)
})

test('two beside one another take the tokens of one endpoint, each for its own service', async () => {
  const vault = await azureKeyVaultEmulator()
  closings.push(vault.close)
  const hsm = await azureManagedHsmEmulator({ beside: vault })
  const { KEYWRIGHT_AZURE_EMULATOR_HOST: one, ...environment } = vault.environment
  const { KEYWRIGHT_AZURE_EMULATOR_HOST: other, ...same } = hsm.environment
  expect(same).toEqual(environment)
  expect(other).not.toBe(one)
  await clientFor(hsm).createKey('orders', 'oct-HSM')
  await hsm.close()
  await clientFor(vault).createKey('orders', 'RSA')
})

test('a vault holds no symmetric keys', async () => {
  const { keys } = await scene('key-vault')
  await expect(keys.createKey('orders', 'oct')).rejects.toMatchObject({ statusCode: 400 })
})

test.each([
  ['POST', '/keys/orders/create', 'not json'],
  ['POST', '/keys/orders/create', []],
  ['POST', '/keys/orders/create', { kty: 7 }],
  ['POST', '/keys/orders/create', { kty: 'oct-HSM', key_ops: 'encrypt' }],
  ['POST', '/keys/orders/create', { kty: 'oct-HSM', attributes: { exp: 'tomorrow' } }],
  ['POST', '/keys/orders/create', { kty: 'oct-HSM', tags: { a: 1 } }],
  ['POST', '/keys/or_ders/create', { kty: 'oct-HSM' }],
  ['PUT', '/keys/orders', {}],
  ['PUT', '/keys/orders', { key: { kty: 'oct', k: 'c2hvcnQ' } }],
  ['PUT', '/keys/orders', { key: { kty: 'RSA', n: 'AQAB', e: 'AQAB' } }],
  ['POST', '/keys/there/encrypt', { alg: 'A256GCM' }],
  ['POST', '/keys/there/encrypt', { alg: 'A256GCM', value: 'YQ', iv: 'AAAAAAAAAAAAAAAA' }],
  ['POST', '/keys/there/encrypt', { alg: 'A128GCM', value: 'YQ' }],
  ['POST', '/keys/there/encrypt', { alg: 'A256KW', value: 'YQ' }],
  ['POST', '/keys/there/wrapkey', { alg: 'A256KW', value: 'YQ' }],
  ['POST', '/keys/rsa/wrapkey', { alg: 'RSA-OAEP-256', value: text(new Uint8Array(191)) }],
  ['POST', '/keys/there/unwrapkey', { alg: 'A256KW', value: text(sample) }],
  ['POST', '/keys/there/decrypt', { alg: 'A256GCM', value: 'YQ' }],
  ['POST', '/keys/there/sign', {}],
  ['POST', '/rng', { count: 1_000_000 }],
  ['GET', '/secrets/there', undefined],
  ['GET', '//', undefined],
  ['GET', '//elsewhere/keys/there', undefined],
  ['GET', '/keys/there/a/b/c', undefined],
  ['GET', '/keys/%/%zz', undefined],
] as const)('%s %s with %j is a bad request, and no key', async (method, path, body) => {
  const { keys, byHand } = await scene()
  await keys.createKey('there', 'oct-HSM')
  if (path.includes('/rsa/')) await keys.createKey('rsa', 'RSA')
  const before = await namesOf(keys.listPropertiesOfKeys())
  expect((await byHand(method, `${path}?api-version=7.5`, body)).status).toBe(400)
  expect(await namesOf(keys.listPropertiesOfKeys())).toEqual(before)
})

test('a body over the bound is refused as too large', async () => {
  const { byHand } = await scene()
  const { status } = await byHand('POST', '/keys/orders/create?api-version=7.5', { kty: 'x'.repeat(70_000) })
  expect(status).toBe(413)
})

test('a ciphertext that begins with a zero byte is refused without it', async () => {
  const { keys, byHand } = await scene('key-vault')
  const { key: made, id = '' } = await keys.createRsaKey('leading-zero')
  const jwk = { kty: 'RSA', n: text(made?.n ?? sample), e: text(made?.e ?? sample) }
  const key = createPublicKey({ key: jwk, format: 'jwk' })
  const oaep = { key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }
  let wrapped = publicEncrypt(oaep, sample)
  while (wrapped[0] !== 0) wrapped = publicEncrypt(oaep, sample)
  const unwrap = async (value: Uint8Array): Promise<number> => {
    const body = { alg: 'RSA-OAEP-256', value: text(value) }
    return (await byHand('POST', `${new URL(id).pathname}/unwrapkey`, body)).status
  }
  expect([await unwrap(wrapped), await unwrap(wrapped.subarray(1))]).toEqual([200, 400])
})
