import { mkdtemp, rm } from 'node:fs/promises'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import {
  type VaultTransitEmulator,
  type VaultTransitEmulatorOptions,
  vaultTransitEmulator,
} from '../src/index.ts'

interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: {
    readonly errors?: readonly string[]
    readonly data?: Record<string, unknown>
    readonly auth?: unknown
  }
}

async function started(options: VaultTransitEmulatorOptions = {}): Promise<VaultTransitEmulator> {
  const vault = await vaultTransitEmulator(options)
  onTestFinished(vault.close)
  return vault
}

async function ask(
  vault: VaultTransitEmulator,
  method: string,
  path: string,
  {
    body,
    token = vault.rootToken,
    namespace = '',
  }: { body?: object; token?: string; namespace?: string } = {},
): Promise<Answer> {
  const headers = { 'X-Vault-Token': token, 'X-Vault-Namespace': namespace }
  const sent = body === undefined ? {} : { body: JSON.stringify(body) }
  const answer = await fetch(`${vault.url}/v1/${path}`, { method, headers, redirect: 'manual', ...sent })
  const text = await answer.text()
  return { status: answer.status, headers: answer.headers, body: text === '' ? {} : JSON.parse(text) }
}

test('keys, policies, roles and tokens outlive the process in a folder', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'keywright-emulator-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const first = await vaultTransitEmulator({ folder })
  const token = await first.issueToken('path "transit/decrypt/k" { capabilities = ["update"] }')
  await ask(first, 'POST', 'transit/keys/k', { body: {} })
  const { body } = await ask(first, 'POST', 'transit/encrypt/k', { body: { plaintext: 'AAAA' } })
  await first.close()
  const again = await started({ folder })
  const opened = await ask(again, 'POST', 'transit/decrypt/k', {
    token,
    body: { ciphertext: body.data?.['ciphertext'] },
  })
  expect(opened.body.data).toEqual({ plaintext: 'AAAA' })
})

test('a stay in memory leaves nothing', async () => {
  const first = await started()
  await ask(first, 'POST', 'transit/keys/k', { body: {} })
  const again = await started()
  expect((await ask(again, 'GET', 'transit/keys/k')).status).toBe(404)
})

test.each([
  ['path "transit/keys/k" { capabilities = ["read"] }', 200],
  ['path "transit/keys/*" { capabilities = ["read"] }', 200],
  ['path "transit/+/k" { capabilities = ["read"] }', 200],
  ['path "transit/*" { capabilities = ["read"] }', 200],
  ['path "transit/keys" { capabilities = ["read"] }', 403],
  ['path "transit/keys/k" { capabilities = ["update", "list"] }', 403],
  ['path "transit/*" { capabilities = ["read"] }\npath "transit/keys/k" { capabilities = ["deny"] }', 403],
  ['path "transit/*" { capabilities = ["deny"] }\npath "transit/keys/k" { capabilities = ["read"] }', 200],
  ['# path "transit/keys/k" { capabilities = ["read"] }', 403],
  ['path "transit/keys/k" { capabilities = ["read"] required_parameters = ["context"] }', 403],
])('the policy %j answers a read of a key with %i', async (policy, status) => {
  const vault = await started()
  await ask(vault, 'POST', 'transit/keys/k', { body: {} })
  const token = await vault.issueToken(policy)
  expect((await ask(vault, 'GET', 'transit/keys/k', { token })).status).toBe(status)
})

test.each([
  'path "transit/encrypt/k" { allowed_parameters = { "plaintext" = [] } capabilities = ["deny"] }',
  'path "transit/decrypt/k" { capabilities = ["update"] denied_parameters = { "associated_data" = [] } }',
  'path "transit/decrypt/k" { capabilities = ["update"] max_wrapping_ttl = "1h" }',
  'path "transit/decrypt/k" { policy = "write" }',
  'path "transit/decrypt/k" { capabilities = ["updte"] }',
  'path "transit/decrypt/k" { capabilities = "update" }',
  'path "transit/decrypt/k" { capabilities = ["update" }',
  'path "transit/decrypt/k" { capabilities = ["update"] ',
  'path transit/decrypt/k { capabilities = ["update"] }',
  'paths "transit/decrypt/k" { capabilities = ["update"] }',
  '{ "path": { "transit/decrypt/k": { "capabilities": ["update"] } } }',
])('the policy %j says what is not weighed here, and is refused', async (policy) => {
  const vault = await started()
  const written = await ask(vault, 'PUT', 'sys/policies/acl/a', { body: { policy } })
  expect([written.status, written.body.errors?.[0]]).toEqual([
    400,
    expect.stringMatching(/^failed to parse policy: /),
  ])
  expect((await ask(vault, 'GET', 'sys/policies/acl/a')).status).toBe(404)
  await expect(vault.issueToken(policy)).rejects.toThrow('failed to parse policy')
})

test.each([
  '/* both\n   of them */ path "transit/keys/k" { capabilities = ["read", "list"], } // the end',
  'path "transit/keys/k" {\n  required_parameters = []\n  capabilities = [\n    "read", # why\n    "list",\n  ]\n}',
  'path "transit/keys/#k" { capabilities = ["deny"] }\npath "transit/keys/k" { capabilities = ["read"] }',
])('the policy %j is read as it is meant', async (policy) => {
  const vault = await started()
  await ask(vault, 'POST', 'transit/keys/k', { body: {} })
  const token = await vault.issueToken(policy)
  expect((await ask(vault, 'GET', 'transit/keys/k', { token })).status).toBe(200)
})

test('an encrypt that would make a key needs create, and is logged as one', async () => {
  const vault = await started()
  const update = await vault.issueToken('path "transit/encrypt/*" { capabilities = ["update"] }')
  const create = await vault.issueToken('path "transit/encrypt/*" { capabilities = ["create"] }')
  const body = { plaintext: 'AAAA' }
  expect((await ask(vault, 'POST', 'transit/encrypt/k', { token: update, body })).status).toBe(403)
  expect((await ask(vault, 'POST', 'transit/encrypt/k', { token: create, body })).status).toBe(200)
  expect((await ask(vault, 'POST', 'transit/encrypt/k', { token: update, body })).status).toBe(200)
  expect(vault.calls.latest.map(({ operation, key, status }) => [operation, key, status])).toEqual([
    ['create transit/encrypt/k', 'transit/keys/k', 403],
    ['create transit/encrypt/k', 'transit/keys/k', 200],
    ['update transit/encrypt/k', 'transit/keys/k', 200],
  ])
})

test('a namespace has mounts, keys, policies and tokens of its own', async () => {
  const vault = await started()
  const namespace = 'team'
  await ask(vault, 'POST', 'sys/mounts/transit', { namespace, body: { type: 'transit' } })
  await ask(vault, 'POST', 'transit/keys/k', { namespace, body: {} })
  await ask(vault, 'PUT', 'sys/policies/acl/reader', {
    namespace,
    body: { policy: 'path "transit/keys/k" { capabilities = ["read"] }' },
  })
  const made = await ask(vault, 'POST', 'auth/token/create', { namespace, body: { policies: ['reader'] } })
  const token = (made.body.auth as { client_token: string }).client_token
  expect((await ask(vault, 'GET', 'transit/keys/k', { namespace, token })).status).toBe(200)
  expect((await ask(vault, 'GET', 'transit/keys/k', { token })).status).toBe(403)
  expect((await ask(vault, 'GET', 'transit/keys/k')).status).toBe(404)
  expect(vault.calls.latest.at(-3)?.key).toBe('team/transit/keys/k')
})

test('a mount that is taken, of another kind, and one that is removed', async () => {
  const vault = await started()
  expect((await ask(vault, 'POST', 'sys/mounts/transit', { body: { type: 'transit' } })).status).toBe(400)
  expect((await ask(vault, 'POST', 'sys/mounts/kv', { body: { type: 'kv' } })).status).toBe(400)
  expect((await ask(vault, 'POST', 'sys/mounts/a/b', { body: { type: 'transit' } })).status).toBe(204)
  expect((await ask(vault, 'POST', 'a/b/keys/k', { body: {} })).status).toBe(200)
  expect((await ask(vault, 'DELETE', 'sys/mounts/a/b')).status).toBe(204)
  expect((await ask(vault, 'GET', 'a/b/keys/k')).status).toBe(404)
})

test.each([
  ['active', 200, 404],
  ['sealed', 503, 503],
  ['dr-secondary', 472, 472],
  ['performance-standby', 473, 473],
] as const)('a node that is %s: its health is %i, a key %i', async (state, health, key) => {
  const vault = await started()
  vault.health = { state }
  expect((await ask(vault, 'GET', 'sys/health', { token: '' })).status).toBe(health)
  expect((await ask(vault, 'GET', 'transit/keys/k')).status).toBe(key)
})

test('a standby sends its callers to the active node', async () => {
  const vault = await started()
  vault.health = { state: 'standby', activeAddress: 'https://active.example:8200' }
  expect((await ask(vault, 'GET', 'sys/health', { token: '' })).status).toBe(429)
  const answer = await ask(vault, 'GET', 'transit/keys/k?x=1')
  expect([answer.status, answer.headers.get('location')]).toEqual([
    307,
    'https://active.example:8200/v1/transit/keys/k?x=1',
  ])
})

test('a body over 32 MiB is refused with 413', async () => {
  const vault = await started()
  const answer = await ask(vault, 'POST', 'transit/encrypt/k', {
    body: { plaintext: 'A'.repeat(34_000_000) },
  })
  expect([answer.status, answer.body.errors]).toEqual([413, ['http: request body too large']])
})

test('a rate limit says when to come again, if it is told to', async () => {
  const vault = await started()
  vault.faults.add({
    fault: { kind: 'throttle', retryAfterSeconds: 3 },
    operations: ['read transit/keys/k'],
    times: 1,
  })
  const answer = await ask(vault, 'GET', 'transit/keys/k')
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '3'])
  expect((await ask(vault, 'GET', 'transit/keys/k')).status).toBe(404)
})

test('a principal that was limited may do that alone, whatever its policies say', async () => {
  const vault = await started()
  const token = await vault.issueToken('path "transit/*" { capabilities = ["read", "update"] }')
  vault.grants.limit('user', ['read transit/keys/k'])
  expect((await ask(vault, 'GET', 'transit/keys/k', { token })).status).toBe(404)
  expect((await ask(vault, 'POST', 'transit/random', { token, body: {} })).status).toBe(403)
})

test('a renewal reaches no further than the longest life of a token', async () => {
  let now = Date.UTC(2026, 0, 1)
  const vault = await started({ now: () => new Date(now) })
  const body = { ttl: '60s', explicit_max_ttl: '90s' }
  const made = await ask(vault, 'POST', 'auth/token/create', { body })
  const token = (made.body.auth as { client_token: string }).client_token
  now += 50_000
  const renewed = await ask(vault, 'POST', 'auth/token/renew-self', { token, body: {} })
  expect((renewed.body.auth as { lease_duration: number }).lease_duration).toBe(40)
  now += 40_000
  expect((await ask(vault, 'GET', 'auth/token/lookup-self', { token })).status).toBe(403)
})

test('it speaks HTTPS with a certificate of its own', async () => {
  const vault = await started({ tls: true })
  const status = await new Promise((resolve, reject) => {
    const options = { ca: vault.certificate, headers: { 'X-Vault-Token': vault.rootToken } }
    request(`${vault.url}/v1/auth/token/lookup-self`, options, ({ statusCode }) => resolve(statusCode))
      .on('error', reject)
      .end()
  })
  expect(status).toBe(200)
})

test('a soft-deleted key of OpenBao is refused until it is restored', async () => {
  const vault = await started()
  await ask(vault, 'POST', 'transit/keys/k', { body: {} })
  await ask(vault, 'POST', 'transit/keys/k/soft-delete', { body: {} })
  const encrypt = (): Promise<Answer> =>
    ask(vault, 'POST', 'transit/encrypt/k', { body: { plaintext: 'AAAA' } })
  expect((await encrypt()).status).toBe(400)
  expect((await ask(vault, 'GET', 'transit/keys/k')).body.data?.['soft_deleted']).toBe(true)
  await ask(vault, 'POST', 'transit/keys/k/soft-delete-restore', { body: {} })
  expect((await encrypt()).status).toBe(200)
})

test.each(['__proto__', 'constructor', 'toString'])('a key named %s is like any other', async (name) => {
  const vault = await started()
  expect((await ask(vault, 'GET', `transit/keys/${name}`)).status).toBe(404)
  expect((await ask(vault, 'GET', 'auth/token/lookup-self', { token: name })).status).toBe(403)
})

test.each(['root', 'nobody'])('an answer to %s is dated by the clock of the emulator', async (token) => {
  const now = new Date(Date.UTC(2030, 0, 2, 3, 4, 5))
  const { url, close } = await vaultTransitEmulator({ now: () => now })
  onTestFinished(close)
  const answer = await fetch(`${url}/v1/sys/mounts`, { headers: { 'X-Vault-Token': token } })
  expect(answer.headers.get('date')).toBe('Wed, 02 Jan 2030 03:04:05 GMT')
})
