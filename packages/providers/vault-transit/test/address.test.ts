import { isKeywrightError } from '@keywright/core'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { vaultTransit } from '../src/index.ts'
import { optionsOfReference, vaultKey } from '../src/vault-address.ts'

beforeEach(() => {
  for (const name of ['ADDR', 'NAMESPACE', 'TOKEN']) {
    vi.stubEnv(`VAULT_${name}`, undefined)
    vi.stubEnv(`BAO_${name}`, undefined)
  }
})
afterEach(() => vi.unstubAllEnvs())

function codeOf(work: () => unknown): string {
  try {
    work()
    return 'none'
  } catch (error) {
    return isKeywrightError(error) ? `${error.code} ${error.details.field}` : 'other'
  }
}

test.each([
  'vault.example/transit/keys/orders',
  'vault.example:8200/transit/keys/orders',
  'vault.example:8200/teams/a/transit/keys/orders',
  'vault.example/ns/admin/transit/keys/orders',
  'vault.example/ns/admin/ns/team-1/transit/keys/orders',
  '[::1]:8200/transit/keys/orders',
  'vault.example/keys/keys/keys',
])('%s is canonical', (reference) => {
  expect(vaultTransit.fromUri(`vault-transit://${reference}`).uri).toBe(`vault-transit://${reference}`)
})

test.each([
  'vault.example/transit/orders',
  'vault.example/keys/orders',
  'Vault.example/transit/keys/orders',
  'vault.example/transit/keys/orders/',
  'vault.example/transit/keys/../keys/orders',
  'vault.example/transit//keys/orders',
  'vault.example/ns/keys/orders',
  'vault.example/ns/a/keys/orders',
  'user@vault.example/transit/keys/orders',
  'vault.example:/transit/keys/orders',
  'vault.example:8200x/transit/keys/orders',
  'vault.example/transit/keys/orders?list=true',
  'vault.example/transit/keys/a%2fb',
])('%s names no key', (reference) => {
  expect(codeOf(() => vaultTransit.fromUri(`vault-transit://${reference}`))).toBe('configuration key')
})

test.each([
  [{ key: 'a/b' }, 'key'],
  [{ key: 'a', mount: 'transit/keys/x' }, 'none'],
  [{ key: 'a', mount: '../sys' }, 'key'],
  [{ key: 'a', mount: 'ns/x' }, 'key'],
  [{ key: 'b/keys/c', mount: 'a' }, 'key'],
  [{ key: 'a', namespace: 'x/keys' }, 'none'],
  [{ key: 'a', namespace: '/x' }, 'key'],
  [{ key: '' }, 'key'],
  [{ key: '.' }, 'key'],
] as const)('%j is read as its parts or refused', (options, field) => {
  const code = codeOf(() => vaultTransit({ address: 'https://vault.example', ...options }))
  expect(code).toBe(field === 'none' ? 'none' : `configuration ${field}`)
})

test('a host in capitals, a default port and a slash after a namespace have one canonical form', () => {
  const given = { key: 'orders', address: 'https://VAULT.example:443', namespace: 'admin/' }
  expect(vaultKey(given).reference).toBe('vault.example/ns/admin/transit/keys/orders')
})

test('the environment gives address and namespace where the options do not', () => {
  vi.stubEnv('VAULT_ADDR', 'https://env.example:8200')
  vi.stubEnv('VAULT_NAMESPACE', 'team')
  expect(vaultKey({ key: 'orders' }).reference).toBe('env.example:8200/ns/team/transit/keys/orders')
})

test("OpenBao's variables are read too", () => {
  vi.stubEnv('BAO_ADDR', 'https://bao.example:8200')
  expect(vaultKey({ key: 'orders' }).origin).toBe('https://bao.example:8200')
})

test('a key URI without namespace means the root, whatever the environment says', () => {
  vi.stubEnv('VAULT_NAMESPACE', 'team')
  expect(vaultTransit.fromUri('vault-transit://vault.example/transit/keys/a').uri).not.toContain('/ns/')
})

test.each([
  ['http://vault.example:8200', 'configuration address'],
  ['http://127.0.0.1.vault.example:8200', 'configuration address'],
  ['http://localhost.vault.example', 'configuration address'],
  ['http://127.0.0.1:8200', 'none'],
  ['http://localhost:8200', 'none'],
  ['http://[::1]:8200', 'none'],
  ['https://vault.example/v1', 'configuration address'],
  ['https://user:secret@vault.example', 'configuration address'],
  ['ftp://vault.example', 'configuration address'],
  ['vault.example:8200', 'configuration address'],
])('the address %s: %s', (address, code) => {
  expect(codeOf(() => vaultTransit({ key: 'a', address }))).toBe(code)
})

test('plain http to another machine is taken where VAULT_ADDR itself says so, for that host alone', () => {
  vi.stubEnv('VAULT_ADDR', 'http://vault.internal:8200')
  expect(vaultKey({ key: 'a' }).origin).toBe('http://vault.internal:8200')
  expect(optionsOfReference('vault.internal:8200/transit/keys/a').address).toBe('http://vault.internal:8200')
  expect(optionsOfReference('vault.other:8200/transit/keys/a').address).toBe('https://vault.other:8200')
})

test('a key URI of this machine is called by http unless VAULT_ADDR says https', () => {
  expect(optionsOfReference('127.0.0.1:8200/transit/keys/a').address).toBe('http://127.0.0.1:8200')
  vi.stubEnv('VAULT_ADDR', 'https://127.0.0.1:8200')
  expect(optionsOfReference('127.0.0.1:8200/transit/keys/a').address).toBe('https://127.0.0.1:8200')
})
