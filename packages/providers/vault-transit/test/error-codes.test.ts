import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { vaultTransitEmulator } from '@keywright/emulators'
import { expect, onTestFinished, test } from 'vitest'
import { answerOf, textOf } from '../src/client/vault-failure.ts'
import { vaultHttp } from '../src/client/vault-http.ts'
import { classifyVaultError } from '../src/error-codes.ts'
import { errorRows } from './error-rows.ts'
import { rowVault } from './row-vault.ts'
import { runningVault } from './running-vault.ts'

const operation = 'unwrapKey'

async function thrownBy(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (error: unknown) => error,
  )
}

test.each(errorRows)('$situation: status $status is $code', async ({ run, status, text, code }) => {
  const emulator = await vaultTransitEmulator()
  onTestFinished(emulator.close)
  const token = code === 'unauthenticated' ? 'unknown' : emulator.rootToken
  const error = await thrownBy(run(await rowVault(emulator.url, emulator.rootToken, token)))
  const answer = answerOf(error)
  expect(answer?.statusCode).toBe(status)
  expect(answer === undefined ? '' : textOf(answer)).toContain(text)
  expect(classifyVaultError(error, { operation }).code).toBe(code)
})

test.each([
  ['sealed', 503, 'unavailable'],
  ['dr-secondary', 472, 'unavailable'],
  ['performance-standby', 473, 'unavailable'],
] as const)('a node that is %s answers %i: that is %s', async (state, status, code) => {
  const vault = await runningVault()
  const { call } = await rowVault(vault.url, vault.rootToken)
  vault.health = { state }
  const error = await thrownBy(call('transit/keys/aead'))
  expect(answerOf(error)?.statusCode).toBe(status)
  expect(classifyVaultError(error, { operation }).code).toBe(code)
})

test('a soft-deleted key of OpenBao is disabled', async () => {
  const vault = await runningVault()
  const { call } = await rowVault(vault.url, vault.rootToken)
  await vault.admin('POST', 'transit/keys/aead/soft-delete', {})
  const error = await thrownBy(call('transit/encrypt/aead', { plaintext: '' }))
  expect(classifyVaultError(error, { operation }).code).toBe('key-disabled')
})

test('a rate limit is throttled, and its Retry-After is handed on in milliseconds', async () => {
  const vault = await runningVault()
  const { call } = await rowVault(vault.url, vault.rootToken)
  vault.faults.add({ fault: { kind: 'throttle', retryAfterSeconds: 7 } })
  const error = await thrownBy(call('transit/keys/aead'))
  expect(classifyVaultError(error, { operation })).toMatchObject({ code: 'throttled', retryAfterMs: 7_000 })
})

test.each([
  ['reset', 'unavailable'],
  ['half-answer', 'unavailable'],
  ['garbage', 'invalid-response'],
] as const)('a connection that ends in a %s is %s', async (kind, code) => {
  const vault = await runningVault()
  const { call } = await rowVault(vault.url, vault.rootToken)
  vault.faults.add({ fault: { kind } })
  expect(classifyVaultError(await thrownBy(call('transit/keys/aead')), { operation }).code).toBe(code)
})

test('a port where nobody listens is unavailable', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  const { send, close } = vaultHttp(`http://127.0.0.1:${port}`, {})
  onTestFinished(close)
  const error = await thrownBy(send({ method: 'GET', uri: `http://127.0.0.1:${port}/v1/sys/health` }))
  expect(classifyVaultError(error, { operation }).code).toBe('unavailable')
})

test.each([
  [{ code: 'CERT_HAS_EXPIRED' }, 'configuration'],
  [{ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }, 'configuration'],
  [{ code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' }, 'configuration'],
  [{ code: 'ERR_TLS_CERT_ALTNAME_INVALID' }, 'configuration'],
  [{ code: 'EPROTO' }, 'configuration'],
  [{ code: 'ERR_INVALID_CHAR' }, 'configuration'],
  [{ code: 'ETIMEDOUT' }, 'timeout'],
  [{ code: 'ENOTFOUND' }, 'unavailable'],
  [{ code: 'EAI_AGAIN' }, 'unavailable'],
  [{ code: 'aborted' }, 'aborted'],
  [new TypeError('x'), 'unknown'],
  ['teapot', 'unknown'],
  [undefined, 'unknown'],
  [{ response: { statusCode: 418, body: { errors: ['short'] } } }, 'unknown'],
  [{ response: { statusCode: 400, body: null } }, 'invalid-argument'],
  [{ response: { statusCode: 413 } }, 'invalid-argument'],
  [{ response: { statusCode: 405, body: { errors: [7] } } }, 'unsupported'],
] as const)('%j is %s', (thrown, code) => {
  expect(classifyVaultError(thrown, { operation }).code).toBe(code)
})
