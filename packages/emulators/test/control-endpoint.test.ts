import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { faultKinds } from '../src/command/fault-rule-document.ts'
import { startCommand } from './run-command.ts'

let command: Awaited<ReturnType<typeof startCommand>>
beforeAll(async () => {
  command = await startCommand()
})
afterAll(async () => {
  await command.stop()
})
beforeEach(async () => {
  await control('DELETE', '/faults')
  await control('DELETE', '/calls')
})

async function control(
  method: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; body: Answer }> {
  const { url, token } = command.printed.control
  const sent = body === undefined ? {} : { body: JSON.stringify(body) }
  const answer = await fetch(`${url}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}` },
    ...sent,
  })
  const text = await answer.text()
  return { status: answer.status, body: (text === '' ? {} : JSON.parse(text)) as Answer }
}

type Answer = Record<string, unknown> & { readonly error?: { readonly field?: string } }

async function encrypt(): Promise<number> {
  const { VAULT_ADDR, VAULT_TOKEN = '' } = command.printed.environment
  const body = JSON.stringify({ plaintext: 'AAAA' })
  const headers = { 'x-vault-token': VAULT_TOKEN }
  const answer = await fetch(`${VAULT_ADDR}/v1/transit/encrypt/keywright`, { method: 'POST', headers, body })
  await answer.arrayBuffer()
  return answer.status
}

test('without the token nothing is told', async () => {
  const answer = await fetch(`${command.printed.control.url}/environment`)
  expect(answer.status).toBe(401)
})

test('the environment can be asked for', async () => {
  const { body } = await control('GET', '/environment')
  expect(command.printed.environment).toMatchObject(body)
  expect(Object.keys(body)).toContain('VAULT_ADDR')
})

test('a fault happens as often as it was asked for', async () => {
  const rule = { fault: { kind: 'throttle', retryAfterSeconds: 3 }, times: 1 }
  expect((await control('POST', '/faults', { service: 'vault-transit', ...rule })).status).toBe(201)
  expect((await control('GET', '/faults?service=vault-transit')).body).toEqual({ 'vault-transit': [rule] })
  expect([await encrypt(), await encrypt()]).toEqual([429, 200])
})

test('faults are taken away again', async () => {
  await control('POST', '/faults', { service: 'vault-transit', fault: { kind: 'deny' } })
  expect(await encrypt()).toBe(403)
  expect((await control('DELETE', '/faults')).status).toBe(204)
  expect(await encrypt()).toBe(200)
})

test('every kind of fault is taken with its fields', async () => {
  const fields: Record<string, object> = {
    latency: { milliseconds: 5 },
    'data-key-length': { bytes: 31 },
    'wrapped-length': { bytes: 1 },
  }
  for (const kind of faultKinds) {
    const fault = { kind, ...fields[kind] }
    expect((await control('POST', '/faults', { service: 'aws-kms', fault })).status).toBe(201)
  }
})

test.each([
  ['service', { fault: { kind: 'stall' } }],
  ['service', { service: 'acme-kms', fault: { kind: 'stall' } }],
  ['fault', { service: 'aws-kms' }],
  ['fault.kind', { service: 'aws-kms', fault: {} }],
  ['fault.kind', { service: 'aws-kms', fault: { kind: 'toString' } }],
  ['fault.milliseconds', { service: 'aws-kms', fault: { kind: 'latency' } }],
  ['fault.milliseconds', { service: 'aws-kms', fault: { kind: 'latency', milliseconds: -1 } }],
  ['fault.milliseconds', { service: 'aws-kms', fault: { kind: 'latency', milliseconds: 1e9 } }],
  ['fault.bytes', { service: 'aws-kms', fault: { kind: 'data-key-length', bytes: '31' } }],
  ['fault.extra', { service: 'aws-kms', fault: { kind: 'stall', extra: 1 } }],
  ['operations', { service: 'aws-kms', fault: { kind: 'stall' }, operations: 'Decrypt' }],
  ['key', { service: 'aws-kms', fault: { kind: 'stall' }, key: 7 }],
  ['times', { service: 'aws-kms', fault: { kind: 'stall' }, times: 0 }],
  ['time', { service: 'aws-kms', fault: { kind: 'stall' }, time: 1 }],
  ['body', []],
])('a rule that is wrong names the field: %s', async (field, rule) => {
  const { status, body } = await control('POST', '/faults', rule)
  expect(status).toBe(400)
  expect(body.error?.field).toBe(field)
})

test('calls are counted, the seeding not among them, and forgotten when asked', async () => {
  await encrypt()
  const { body } = await control('GET', '/calls')
  expect(body['vault-transit']).toMatchObject({ count: 1, latest: [{ status: 200 }] })
  expect(body['aws-kms']).toMatchObject({ count: 0, operations: [] })
  await control('DELETE', '/calls?service=vault-transit')
  expect((await control('GET', '/calls')).body['vault-transit']).toMatchObject({ count: 0 })
})

test.each([
  ['aws-kms', ['rotate', 'disable', 'enable', 'destroy']],
  ['gcp-kms', ['rotate', 'disable', 'enable', 'destroy']],
  ['azure-key-vault', ['rotate', 'disable', 'enable', 'destroy']],
  ['azure-managed-hsm', ['rotate', 'disable', 'enable', 'destroy']],
])('the first key of %s can be rotated, disabled, enabled and destroyed', async (service, actions) => {
  for (const action of actions)
    expect(await control('POST', '/keys', { service, action })).toEqual({ status: 204, body: {} })
})

test('an action that the service has not names the field', async () => {
  const { status, body } = await control('POST', '/keys', { service: 'vault-transit', action: 'disable' })
  expect([status, body.error?.field]).toEqual([400, 'action'])
})

test.each([
  ['sealed', 503],
  ['performance-standby', 473],
  ['active', 200],
])('Vault can be put into the state %s', async (state, status) => {
  expect((await control('POST', '/state', { service: 'vault-transit', state })).status).toBe(204)
  expect(await encrypt()).toBe(status)
})

test.each([
  ['vault-transit', 'asleep'],
  ['aws-kms', 'sealed'],
])('%s has no state %s, and the error names the field', async (service, state) => {
  const { status, body } = await control('POST', '/state', { service, state })
  expect([status, body.error?.field]).toEqual([400, 'state'])
})

test('what the service refuses its operator is told', async () => {
  const key = 'gcp-kms://projects/none/locations/none/keyRings/none/cryptoKeys/none'
  expect((await control('POST', '/keys', { service: 'gcp-kms', action: 'rotate', key })).status).toBe(409)
})

test('a principal is limited to what it is granted, and released', async () => {
  const service = 'vault-transit'
  await encrypt()
  const { body } = await control('GET', '/calls')
  const { latest } = body[service] as { latest: readonly { readonly principal: string }[] }
  const principal = latest[0]?.principal
  expect((await control('POST', '/grants', { service, principal, operations: [] })).status).toBe(204)
  expect(await encrypt()).toBe(403)
  expect((await control('DELETE', '/grants', { service, principal })).status).toBe(204)
  expect(await encrypt()).toBe(200)
})

test('another path is answered with those that there are', async () => {
  expect((await control('GET', '/')).status).toBe(404)
})

test('a body that is too long is refused', async () => {
  expect((await control('POST', '/faults', 'x'.repeat(70_000))).status).toBe(413)
})
