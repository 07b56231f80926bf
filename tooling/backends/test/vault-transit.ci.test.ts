import { expect, test } from 'vitest'
import { startBackend } from '../src/index.ts'

const vault = await startBackend('vault-transit')
const { VAULT_ADDR = '', VAULT_TOKEN = '', ...known } = vault?.environment ?? {}

interface Answer {
  readonly status: number
  readonly data: Readonly<Record<string, unknown>>
  readonly errors: readonly string[] | undefined
  readonly auth: { readonly client_token: string; readonly lease_duration: number } | undefined
}

async function call(
  method: string,
  path: string,
  body?: object,
  headers: Record<string, string> = { 'x-vault-token': VAULT_TOKEN },
): Promise<Answer> {
  const sent = body === undefined ? {} : { body: JSON.stringify(body) }
  const answer = await fetch(`${VAULT_ADDR}/v1/${path}`, { method, headers, ...sent })
  const text = await answer.text()
  return { status: answer.status, ...(text === '' ? {} : JSON.parse(text)) }
}

const plaintext = Buffer.alloc(32, 1).toString('base64')
const bound = Buffer.from('bound').toString('base64')

test('the engine binds associated data, and rewrap does not know of it', async () => {
  const wrapped = await call('POST', 'transit/encrypt/keywright', { plaintext, associated_data: bound })
  const { ciphertext } = wrapped.data
  expect(ciphertext).toMatch(/^vault:v1:/)
  const opened = await call('POST', 'transit/decrypt/keywright', { ciphertext, associated_data: bound })
  expect(opened.data['plaintext']).toBe(plaintext)
  expect((await call('POST', 'transit/decrypt/keywright', { ciphertext })).status).toBe(400)
  expect(
    (await call('POST', 'transit/rewrap/keywright', { ciphertext, associated_data: bound })).status,
  ).toBe(400)
})

test('datakey drops associated data', async () => {
  const made = await call('POST', 'transit/datakey/plaintext/keywright', { associated_data: bound })
  const { ciphertext } = made.data
  expect((await call('POST', 'transit/decrypt/keywright', { ciphertext })).status).toBe(200)
})

test('a key that nobody made comes into being by an encrypt', async () => {
  expect((await call('GET', 'transit/keys/typo')).status).toBe(404)
  expect((await call('POST', 'transit/encrypt/typo', { plaintext })).status).toBe(200)
  expect((await call('GET', 'transit/keys/typo')).status).toBe(200)
})

test('a namespace has keys of its own, and so has a mount', async () => {
  const headers = { 'x-vault-token': VAULT_TOKEN, 'x-vault-namespace': 'team' }
  expect((await call('GET', 'transit/keys/keywright', undefined, headers)).status).toBe(404)
  expect((await call('POST', 'sys/mounts/other/place', { type: 'transit' })).status).toBe(204)
  expect((await call('GET', 'other/place/keys/keywright')).status).toBe(404)
  expect((await call('POST', 'other/place/keys/keywright')).status).toBe(200)
  const nowhere = await call('GET', 'nowhere/keys/keywright')
  expect(nowhere.errors?.[0]).toContain('no handler for route')
})

test('without a token, and with one that is unknown, the answer is 403', async () => {
  expect((await call('GET', 'transit/keys/keywright', undefined, {})).status).toBe(403)
  const unknown = await call('GET', 'transit/keys/keywright', undefined, { 'x-vault-token': 'x' })
  expect(unknown.status).toBe(403)
  expect(unknown.errors?.[0]).toContain('invalid token')
})

test.each([
  [
    'AppRole',
    'auth/approle/login',
    { role_id: known['KEYWRIGHT_VAULT_ROLE_ID'], secret_id: known['KEYWRIGHT_VAULT_SECRET_ID'] },
  ],
  [
    'Kubernetes',
    'auth/kubernetes/login',
    { role: known['KEYWRIGHT_VAULT_KUBERNETES_ROLE'], jwt: known['KEYWRIGHT_VAULT_KUBERNETES_JWT'] },
  ],
])('a login by %s gives a token that can be renewed, looked up and revoked', async (_, path, body) => {
  const { auth } = await call('POST', path, body, {})
  const headers = { 'x-vault-token': auth?.client_token ?? '' }
  expect((await call('GET', 'transit/keys/keywright', undefined, headers)).status).toBe(200)
  const renewed = await call('POST', 'auth/token/renew-self', { increment: '30s' }, headers)
  expect(renewed.auth?.lease_duration).toBe(30)
  const found = await call('GET', 'auth/token/lookup-self', undefined, headers)
  expect(found.data['renewable']).toBe(true)
  expect((await call('POST', 'auth/token/revoke-self', {}, headers)).status).toBe(204)
  expect((await call('GET', 'transit/keys/keywright', undefined, headers)).status).toBe(403)
})

test('a login that is wrong is refused', async () => {
  expect((await call('POST', 'auth/approle/login', { role_id: 'x', secret_id: 'x' }, {})).status).toBe(400)
  expect((await call('POST', 'auth/kubernetes/login', { role: 'keywright', jwt: 'x' }, {})).status).toBe(403)
})
