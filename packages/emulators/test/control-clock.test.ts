import { expect, onTestFinished, test } from 'vitest'
import { grpcCall } from '../src/command/grpc-call.ts'
import { startCommand } from './run-command.ts'

type Command = Awaited<ReturnType<typeof startCommand>>

async function start(...services: string[]): Promise<Command['printed']> {
  const command = await startCommand(...services)
  onTestFinished(async () => void (await command.stop()))
  return command.printed
}

async function post(
  { control }: Command['printed'],
  path: string,
  body: object,
): Promise<{ readonly status: number; readonly text: string }> {
  const headers = { authorization: `Bearer ${control.token}` }
  const answer = await fetch(`${control.url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
  return { status: answer.status, text: await answer.text() }
}

const day = 86_400

test('a version of Google that was destroyed is only scheduled for it, until the clock has moved by its time', async () => {
  const printed = await start('gcp-kms')
  const { KEYWRIGHT_GCP_KMS_ENDPOINT: url = '', KEYWRIGHT_GCP_KMS_KEY: key = '' } = printed.environment
  const name = `${key.replace('gcp-kms://', '')}/cryptoKeyVersions/1`
  const state = async (): Promise<string> =>
    (await grpcCall<{ state: string }>(url, 'GetCryptoKeyVersion', { name })).state
  expect((await post(printed, '/keys', { service: 'gcp-kms', action: 'destroy' })).status).toBe(204)
  expect(await state()).toBe('DESTROY_SCHEDULED')
  expect((await post(printed, '/clock', { seconds: 30 * day - 60 })).status).toBe(204)
  expect(await state()).toBe('DESTROY_SCHEDULED')
  await post(printed, '/clock', { seconds: 60 })
  expect(await state()).toBe('DESTROYED')
})

test('a key of AWS whose deletion is scheduled is gone when its day has come, and the operator still signs', async () => {
  const printed = await start('aws-kms')
  const act = (action: string): Promise<{ status: number; text: string }> =>
    post(printed, '/keys', { service: 'aws-kms', action })
  await act('destroy')
  await post(printed, '/clock', { seconds: 31 * day })
  const { status, text } = await act('enable')
  expect([status, text]).toEqual([409, expect.stringContaining('NotFoundException')])
})

test.each([
  ['seconds', {}],
  ['seconds', { seconds: 0 }],
  ['seconds', { seconds: -1 }],
  ['seconds', { seconds: '60' }],
  ['seconds', { seconds: 1e12 }],
  ['days', { seconds: 1, days: 1 }],
  ['body', []],
])('a time that is none names the field: %s of %j', async (field, body) => {
  const { status, text } = await post(await start('gcp-kms'), '/clock', body)
  const { error } = JSON.parse(text) as { error: { field: string } }
  expect([status, error.field]).toEqual([400, field])
})
