import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { keyring, rewrap, seal } from '@keywright/core'
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { vaultTransit } from '../src/index.ts'
import { vaultKey } from '../src/vault-address.ts'
import { type RunningVault, runningVault, wrapped } from './running-vault.ts'

const variables = ['ADDR', 'TOKEN', 'NAMESPACE', 'CACERT', 'SKIP_VERIFY']

beforeEach(() => {
  for (const name of variables) {
    vi.stubEnv(`VAULT_${name}`, undefined)
    vi.stubEnv(`BAO_${name}`, undefined)
  }
})
afterEach(() => vi.unstubAllEnvs())

/** A machine that hopes for a token: where it is, and what it was asked. */
async function listener(): Promise<{ url: string; uri: string; asked: unknown[] }> {
  const asked: unknown[] = []
  const server = createServer((request, response) => {
    asked.push(request.headers)
    response.writeHead(403).end('{"errors":["no"]}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return { url: `http://${host}`, uri: `vault-transit://${host}/transit/keys/a`, asked }
}

async function homeWithToken(token: string): Promise<void> {
  const home = await mkdtemp(join(tmpdir(), 'keywright-vault-'))
  onTestFinished(() => rm(home, { recursive: true }))
  await writeFile(join(home, '.vault-token'), token)
  vi.stubEnv('HOME', home)
}

const refused = { code: 'configuration', details: { field: 'auth' } }

test('the token of VAULT_ADDR goes to no other Vault, whatever a key URI names', async () => {
  const { url, uri, asked } = await listener()
  vi.stubEnv('VAULT_ADDR', 'https://vault-a.example:8200')
  vi.stubEnv('VAULT_TOKEN', 'of a')
  await expect(vaultTransit.fromUri(uri).connect()).rejects.toMatchObject(refused)
  await expect(vaultTransit({ key: 'a', address: url }).connect()).rejects.toMatchObject(refused)
  expect(asked).toEqual([])
})

test('the token that vault login keeps goes to no other Vault', async () => {
  const { uri, asked } = await listener()
  await homeWithToken('of a')
  vi.stubEnv('VAULT_ADDR', 'https://vault-a.example:8200')
  await expect(vaultTransit.fromUri(uri).connect()).rejects.toMatchObject(refused)
  expect(asked).toEqual([])
})

test('a token of the environment without VAULT_ADDR goes to no Vault that a key URI names', async () => {
  const { uri, asked } = await listener()
  vi.stubEnv('VAULT_TOKEN', 'of some Vault')
  await expect(vaultTransit.fromUri(uri).connect()).rejects.toMatchObject(refused)
  expect(asked).toEqual([])
})

test('another port, and http in place of https, is another Vault', async () => {
  const { url, uri, asked } = await listener()
  vi.stubEnv('VAULT_TOKEN', 'of a')
  for (const address of [url.replace('http:', 'https:'), url.replace(/:\d+$/, '')]) {
    vi.stubEnv('VAULT_ADDR', address)
    const kek = vaultTransit({ key: 'a', address: url })
    await expect(kek.connect()).rejects.toMatchObject(refused)
  }
  expect(asked).toEqual([])
  vi.stubEnv('VAULT_ADDR', `${url}/`)
  await expect(vaultTransit.fromUri(uri).connect()).rejects.toMatchObject({ code: 'access-denied' })
})

interface Pair {
  readonly a: RunningVault
  readonly b: RunningVault
  readonly uris: readonly [string, string]
}

async function pair(): Promise<Pair> {
  const [a, b] = [await runningVault({ rootToken: 'of-a' }), await runningVault({ rootToken: 'of-b' })]
  const uri = ({ url }: RunningVault): string => `vault-transit://${new URL(url).host}/transit/keys/aead`
  vi.stubEnv('VAULT_ADDR', a.url)
  vi.stubEnv('VAULT_TOKEN', 'of-a')
  return { a, b, uris: [uri(a), uri(b)] }
}

test.each([
  ['VAULT_ADDR_NEXT', 'VAULT_TOKEN_NEXT'],
  ['BAO_ADDR_NEXT', 'VAULT_TOKEN_NEXT'],
  ['BAO_ADDR', 'BAO_TOKEN'],
])('an envelope moves to the Vault of %s, and each sees its own token alone', async (addr, token) => {
  const { a, b, uris } = await pair()
  vi.stubEnv(addr, b.url)
  vi.stubEnv(token, 'of-b')
  const [from, to] = [vaultTransit.fromUri(uris[0]), vaultTransit.fromUri(uris[1])]
  const context = { tenant: 'a' }
  const sealed = await seal('letter', { keys: keyring({ seal: [from] }), context })
  const { header } = await rewrap(sealed, { from, to, context })
  expect(header.length).toBeGreaterThan(0)
  for (const { calls } of [a, b]) expect(calls.latest.filter(({ status }) => status === 403)).toEqual([])
  await Promise.all([from.close(), to.close()])
})

test("a Vault of OpenBao's variables gets none of Vault's, and the other way round", async () => {
  const { b, uris } = await pair()
  vi.stubEnv('BAO_ADDR', b.url)
  const kek = vaultTransit.fromUri(uris[1])
  await homeWithToken('of-b')
  b.calls.clear()
  await expect(kek.connect()).rejects.toMatchObject({ code: 'unauthenticated' })
  expect(b.calls.count()).toBe(0)
  await kek.close()
})

test("a Vault with a name and without a token of its own is unauthenticated, and gets nobody else's", async () => {
  const { b, uris } = await pair()
  vi.stubEnv('VAULT_ADDR_NEXT', b.url)
  await homeWithToken('of-a')
  b.calls.clear()
  const kek = vaultTransit.fromUri(uris[1])
  await expect(kek.connect()).rejects.toMatchObject({ code: 'unauthenticated' })
  expect(b.calls.count()).toBe(0)
  await kek.close()
})

test('a token of the options goes where the options say', async () => {
  const { b } = await pair()
  await wrapped(b.kek())
})

test('VAULT_SKIP_VERIFY is for the Vault of VAULT_ADDR, and VAULT_SKIP_VERIFY_NEXT for that of VAULT_ADDR_NEXT', async () => {
  const vault = await runningVault({ tls: true })
  vi.stubEnv('VAULT_ADDR', 'https://vault-a.example:8200')
  vi.stubEnv('VAULT_SKIP_VERIFY', '1')
  await expect(vault.kek({ key: 'missing' }).connect()).rejects.toMatchObject({ code: 'configuration' })
  vi.stubEnv('VAULT_ADDR_NEXT', vault.url)
  await expect(vault.kek({ key: 'missing' }).connect()).rejects.toMatchObject({ code: 'configuration' })
  vi.stubEnv('VAULT_SKIP_VERIFY_NEXT', '1')
  await expect(vault.kek({ key: 'missing' }).connect()).rejects.toMatchObject({ code: 'key-not-found' })
})

test('VAULT_CACERT says whom this machine trusts, for every Vault that has none of its own', async () => {
  const vault = await runningVault({ tls: true })
  const folder = await mkdtemp(join(tmpdir(), 'keywright-vault-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const file = join(folder, 'ca.pem')
  await writeFile(file, vault.certificate ?? '')
  vi.stubEnv('VAULT_ADDR', 'https://vault-a.example:8200')
  vi.stubEnv('VAULT_CACERT', file)
  await expect(vault.kek({ key: 'missing' }).connect()).rejects.toMatchObject({ code: 'key-not-found' })
  vi.stubEnv('VAULT_ADDR_NEXT', vault.url)
  vi.stubEnv('VAULT_CACERT_NEXT', join(folder, 'missing.pem'))
  await expect(vault.kek({ key: 'missing' }).connect()).rejects.toMatchObject({ code: 'configuration' })
})

test('plain http to another machine is taken where the variables of a named Vault say so', () => {
  vi.stubEnv('VAULT_ADDR', 'https://vault-a.example:8200')
  vi.stubEnv('VAULT_ADDR_NEXT', 'http://vault.internal:8200')
  expect(vaultKey({ key: 'a', address: 'http://vault.internal:8200' }).origin).toBe(
    'http://vault.internal:8200',
  )
})
