import { connect } from 'node:http2'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { GrpcError } from '../src/gcp-kms/grpc-error.ts'
import { clientOf, type GcpKmsScene, gcpKmsScene, keyName, outcomeOf } from './gcp-kms-scene.ts'

let scene: GcpKmsScene

beforeEach(async () => {
  scene = await gcpKmsScene()
})

afterEach(() => scene.close())

/** Posts bytes as the body of a call, as no client of Google's would, and gives the status. */
async function posted(body: Uint8Array): Promise<unknown> {
  const session = connect(scene.emulator.url)
  const request = session.request({
    ':method': 'POST',
    ':path': '/google.cloud.kms.v1.KeyManagementService/Encrypt',
    'content-type': 'application/grpc',
    te: 'trailers',
  })
  const status = new Promise((resolve) =>
    request.on('response', (headers) => resolve(headers['grpc-status'])),
  )
  request.resume()
  request.end(body)
  try {
    return await status
  } finally {
    session.destroy()
  }
}

const frame = (flag: number, length: number, message: Uint8Array): Uint8Array =>
  Buffer.concat([Buffer.of(flag, 0, 0, length >> 8, length & 0xff), message])

test.each([
  ['nothing', new Uint8Array(0), '13'],
  ['less than a frame', Buffer.of(0, 0, 0), '13'],
  ['a frame that ends early', frame(0, 9, Buffer.of(1, 2, 3)), '13'],
  ['two frames', Buffer.concat([frame(0, 0, Buffer.of()), frame(0, 0, Buffer.of())]), '13'],
  ['a compressed message', frame(1, 1, Buffer.of(0)), '12'],
  ['bytes that are no message', frame(0, 3, Buffer.of(0x0a, 0xff, 0xff)), '13'],
])('%s is refused', async (_, body, status) => {
  expect(await posted(body)).toBe(status)
})

test('a message over 4 MiB is refused, and the connection stays usable', async () => {
  const plaintext = Buffer.alloc(5 * 1024 * 1024)
  expect((await outcomeOf(() => scene.client.encrypt({ name: keyName, plaintext }))).code).toBe(8)
  expect((await outcomeOf(() => scene.client.getCryptoKey({ name: keyName }))).code).toBe(0)
})

test('64 calls at once on one connection are all answered', async () => {
  const calls = Array.from({ length: 64 }, (_, index) =>
    outcomeOf(() => scene.client.encrypt({ name: keyName, plaintext: Buffer.from(`${index}`) })),
  )
  expect((await Promise.all(calls)).filter(({ code }) => code !== 0)).toEqual([])
})

test('a connection that is reset takes no other with it', async () => {
  const other = clientOf(scene.emulator.url)
  const get = (client: typeof other): Promise<{ readonly code: number }> =>
    outcomeOf(() => client.getCryptoKey({ name: keyName }, once))
  const once = { retry: { retryCodes: [], backoffSettings: {} } } as object
  expect((await get(other)).code).toBe(0)
  scene.emulator.faults.add({ fault: { kind: 'stall' }, operations: ['ListCryptoKeyVersions'], times: 1 })
  const stalled = new Promise<void>((resolve) => scene.emulator.calls.listen(() => resolve()))
  const waiting = outcomeOf(() => scene.client.listCryptoKeyVersions({ parent: keyName }, once))
  await stalled
  scene.emulator.faults.add({ fault: { kind: 'reset' }, times: 1 })
  expect((await get(scene.client)).code).toBe(14)
  expect((await waiting).code).toBe(14)
  expect((await get(other)).code).toBe(0)
  await other.close()
})

test('a message with characters beyond ASCII reaches the client percent-encoded', () => {
  expect(new GrpcError('NOT_FOUND', '100 % für 🔑').trailers()).toEqual({
    'grpc-status': '5',
    'grpc-message': '100 %25 f%C3%BCr %F0%9F%94%91',
  })
})
