import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { CryptographyClient, KeyClient, type KeyVaultKey } from '@azure/keyvault-keys'
import type { Kek } from '@keywright/core'
import { expect, onTestFinished, test } from 'vitest'
import { azureKeyVault } from '../src/index.ts'
import { azureScene, context, dataKey, failureOf } from './azure-scene.ts'

// What stands in the place of a vault: the library's own errors, each on a real connection.

const credential = {
  getToken: async () => ({ token: 'a', expiresOnTimestamp: Date.now() + 3_600_000 }),
}
const once = { retryOptions: { maxRetries: 0 }, disableChallengeResourceVerification: true }

async function plainServer(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

test('a port that speaks plain HTTP is configuration', async () => {
  const host = await plainServer((_, response) => response.end('{}'))
  const kek = azureKeyVault({
    key: `${host}/keys/orders`,
    emulatorHost: host,
    credential,
    resilience: false,
  })
  expect((await failureOf(kek.connect())).code).toBe('configuration')
})

/** What a KEK over the library's client for a URL answers when it connects. */
async function codeAt(url: string, options: object): Promise<string> {
  const keys = new KeyClient(url, credential, { ...once, ...options })
  const client = { keys, cryptography: () => expect.fail('nothing is wrapped here') }
  const key = 'contoso.vault.azure.net/keys/orders'
  return (await failureOf(azureKeyVault({ key, client, resilience: false }).connect())).code
}

test('a certificate for another name is configuration', async () => {
  const { emulator, close } = await azureScene('none')
  onTestFinished(close)
  // The loopback by a name that its certificate does not have.
  const url = emulator.url.replace('127.0.0.1', '0.0.0.0')
  expect(await codeAt(url, { tlsOptions: { ca: emulator.certificate } })).toBe('configuration')
})

test.each([
  [200, 'invalid-response'],
  [400, 'invalid-response'],
  [404, 'invalid-response'],
  [429, 'throttled'],
  [502, 'unavailable'],
  [504, 'timeout'],
])('what is no JSON, with status %i, is %s', async (status, code) => {
  const host = await plainServer((_, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end('<html>')
  })
  expect(await codeAt(`http://${host}`, { allowInsecureConnection: true })).toBe(code)
})

const reference = 'contoso.vault.azure.net/keys/orders'
const slot = {
  wrapped: new Uint8Array(60),
  reference,
  keyVersion: 'a'.repeat(32),
  algorithm: 'azure.a256gcm',
  context,
}

test.each<readonly [string, (kek: Kek, signal: AbortSignal) => Promise<unknown>]>([
  ['wrap', (kek, signal) => kek.wrapKey({ dataKey, context, signal })],
  ['unwrap', (kek, signal) => kek.unwrapKey({ ...slot, signal })],
  ['description', (kek, signal) => kek.describeKey({ signal })],
])('the signal of a %s ends the request on the wire', async (_, call) => {
  const controller = new AbortController()
  const closed = Promise.withResolvers<void>()
  const host = await plainServer((request) => {
    request.socket.once('close', () => closed.resolve())
    controller.abort()
  })
  const options = { ...once, allowInsecureConnection: true }
  const client = {
    keys: new KeyClient(`http://${host}`, credential, options),
    cryptography: (key: KeyVaultKey) =>
      new CryptographyClient(
        { ...key, id: `http://${host}/keys/orders/${slot.keyVersion}` },
        credential,
        options,
      ),
  }
  const kek = azureKeyVault({ key: reference, algorithm: 'A256GCM', client, resilience: false })
  expect((await failureOf(call(kek, controller.signal))).code).toBe('aborted')
  // Without the signal in the library, the request would wait on: the test ends by its time limit.
  await closed.promise
})
