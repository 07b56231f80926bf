import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { testClock } from '@keywright/backends/test-clock'
import { isKeywrightError } from '@keywright/core'
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { gcpKms } from '../src/index.ts'
import { googleClient } from './google-client.ts'
import {
  codeOf,
  context,
  failureOf,
  key,
  newDataKey,
  otherKey,
  type Scene,
  startScene,
  wrapped,
} from './scene.ts'

let scene: Scene

beforeEach(async () => {
  scene = await startScene()
})

afterEach(async () => {
  vi.unstubAllEnvs()
  await scene.close()
})

test('the endpoint comes from KEYWRIGHT_GCP_KMS_ENDPOINT where no option names one', async () => {
  vi.stubEnv('KEYWRIGHT_GCP_KMS_ENDPOINT', scene.emulator.url)
  const kek = gcpKms.fromUri(`gcp-kms://${key}`)
  await wrapped(kek)
  await kek.close()
  expect(scene.emulator.calls.count('Encrypt')).toBe(1)
})

test.each([
  'http://kms.example.com:443',
  'https://127.0.0.1:443',
  'http://127.0.0.1.example.com:80',
  'http://user@127.0.0.1:80',
  'http://127.0.0.1:80/path',
  'http://127.0.0.1',
  '127.0.0.1:80',
])('%s is no endpoint: without TLS only this machine is reached', async (endpoint) => {
  expect(await codeOf(() => scene.kek({ endpoint }).connect())).toBe('configuration')
})

test('options for the client reach it, and the client made for them is closed with the KEK', async () => {
  const kek = scene.kek({ clientOptions: { projectId: 'p' } })
  await wrapped(kek)
  await kek.close()
})

test('an injected client stays open', async () => {
  const client = googleClient(scene.emulator.url)
  const kek = scene.kek({ client })
  await wrapped(kek)
  await kek.close()
  await wrapped(scene.kek({ client }))
  await client.close()
})

test('KEKs share a client of ours, which outlives the first of them to be closed', async () => {
  const one = scene.kek()
  const other = scene.kek({ key: otherKey })
  await Promise.all([one.connect(), other.connect()])
  await one.close()
  await other.wrapKey({ dataKey: newDataKey(), context })
  await other.close()
  await wrapped(scene.kek())
})

test("logging that would print data keys is refused before Google's client is loaded", async () => {
  vi.stubEnv('GOOGLE_SDK_NODE_LOGGING', 'kms')
  const error = await failureOf(() => scene.kek().connect())
  expect(error.code).toBe('configuration')
  expect(error.details.field).toBe('GOOGLE_SDK_NODE_LOGGING')
})

/** A metadata server that counts who asks, in place of Google's. */
async function metadataServer(): Promise<{ readonly asked: () => number; readonly close: () => void }> {
  let count = 0
  const server = createServer((_, response) => {
    count += 1
    response.writeHead(404).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  vi.stubEnv('GCE_METADATA_HOST', `127.0.0.1:${(server.address() as AddressInfo).port}`)
  return { asked: () => count, close: () => server.close() }
}

test('on the way to an emulator no metadata server is asked', async () => {
  const metadata = await metadataServer()
  await wrapped(scene.kek())
  metadata.close()
  expect(metadata.asked()).toBe(0)
})

test('without credentials a KEK is unauthenticated each time, and no rejection is left unhandled', async () => {
  vi.stubEnv('METADATA_SERVER_DETECTION', 'none')
  vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', '')
  vi.stubEnv('HOME', '/nonexistent')
  vi.stubEnv('CLOUDSDK_CONFIG', '/nonexistent')
  const kek = gcpKms({ key, resilience: false })
  for (let time = 0; time < 2; time++) {
    const error = await failureOf(() => kek.connect())
    expect(isKeywrightError(error, 'unauthenticated')).toBe(true)
  }
  await kek.close()
})

test('a credentials file that is none is a mistake of the configuration', async () => {
  vi.stubEnv('METADATA_SERVER_DETECTION', 'none')
  for (const file of ['/nonexistent/credentials.json', import.meta.filename]) {
    vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', file)
    const kek = gcpKms({ key, resilience: false })
    expect(await codeOf(() => kek.connect())).toBe('configuration')
  }
})

test.each([
  ['that is not there', '/nonexistent/credentials.json'],
  ['that is a folder', import.meta.dirname],
])('a key file of clientOptions %s is a mistake of the configuration', async (_, keyFilename) => {
  vi.stubEnv('METADATA_SERVER_DETECTION', 'none')
  const kek = gcpKms({ key, clientOptions: { keyFilename }, resilience: false })
  expect(await codeOf(() => kek.connect())).toBe('configuration')
})

test('a client that waits in vain for the metadata server is no longer shared after two seconds: the next is made anew', async () => {
  vi.stubEnv('METADATA_SERVER_DETECTION', 'assume-present')
  vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', '')
  vi.stubEnv('HOME', '/nonexistent')
  vi.stubEnv('CLOUDSDK_CONFIG', '/nonexistent')
  const asked = Promise.withResolvers<void>()
  const silent: ServerResponse[] = []
  let answers = false
  const answer = (response: ServerResponse): unknown =>
    response.writeHead(200, { 'metadata-flavor': 'Google' }).end('project')
  const server = createServer((_, response) => {
    if (answers) return answer(response)
    silent.push(response)
    return asked.resolve()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  vi.stubEnv('GCE_METADATA_HOST', `127.0.0.1:${(server.address() as AddressInfo).port}`)
  const clock = testClock()
  // Google's client would ask again after some seconds, with the same effect: here it waits for ever.
  const patience = vi.spyOn(AbortSignal, 'timeout').mockImplementation(() => new AbortController().signal)
  onTestFinished(() => patience.mockRestore())
  const kek = gcpKms({ key, resilience: false })
  const first = kek.connect()
  await asked.promise
  answers = true
  clock.move(2_000)
  const second = kek.connect()
  // The first waits on for its own answer; without a client of its own, so would the second.
  expect((await Promise.all([first, second])).map(({ reference }) => reference)).toEqual([key, key])
  expect(silent).toHaveLength(1)
  await kek.close()
  for (const response of silent) answer(response)
  server.close()
})
