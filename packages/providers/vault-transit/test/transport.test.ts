import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { resilient } from '@keywright/resilience'
import { expect, onTestFinished, test } from 'vitest'
import { vaultHttp } from '../src/client/vault-http.ts'
import { context, runningVault, wrapped } from './running-vault.ts'

/** A server that answers as it is told, and keeps what it was asked. */
async function server(
  listener: RequestListener,
): Promise<{ url: string; asked: IncomingMessage[]; connections: () => number }> {
  const asked: IncomingMessage[] = []
  let connections = 0
  const made = createServer((request, response) => {
    asked.push(request)
    request.resume().on('end', () => listener(request, response))
  })
  made.on('connection', () => {
    connections += 1
  })
  await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve))
  onTestFinished(
    () =>
      new Promise((resolve) => {
        made.close(() => resolve())
        made.closeAllConnections()
      }),
  )
  return {
    url: `http://127.0.0.1:${(made.address() as AddressInfo).port}`,
    asked,
    connections: () => connections,
  }
}

function transport(url: string): ReturnType<typeof vaultHttp> {
  const http = vaultHttp(url, {})
  onTestFinished(http.close)
  return http
}

test('a redirect to another host is refused: it gets neither the token nor the data key', async () => {
  const elsewhere = await server((_, response) => response.end('{}'))
  const vault = await runningVault()
  const kek = vault.kek({ key: 'derived' })
  await kek.connect()
  vault.health = { state: 'standby', activeAddress: elsewhere.url }
  await expect(kek.wrapKey({ dataKey: new Uint8Array(32), context })).rejects.toMatchObject({
    code: 'configuration',
  })
  expect(elsewhere.asked).toEqual([])
})

test('a redirect to the same host is followed once, with method, body and token', async () => {
  const { url, asked } = await server((request, response) => {
    if (request.url === '/v1/a') response.writeHead(307, { Location: '/v1/b' }).end()
    else
      response.end(
        JSON.stringify({ data: { method: request.method, token: request.headers['x-vault-token'] } }),
      )
  })
  const answer = await transport(url).send({
    method: 'POST',
    uri: `${url}/v1/a`,
    headers: { 'X-Vault-Token': 't' },
    json: { a: 1 },
  })
  expect(answer.body).toEqual({ data: { method: 'POST', token: 't' } })
  expect(asked.map((request) => [request.url, request.headers['content-length']])).toEqual([
    ['/v1/a', '7'],
    ['/v1/b', '7'],
  ])
})

test('redirects that lead in circles end', async () => {
  const { url, asked } = await server((_, response) => response.writeHead(307, { Location: '/v1/a' }).end())
  const sent = transport(url).send({ method: 'GET', uri: `${url}/v1/a` })
  await expect(sent).rejects.toMatchObject({ code: 'configuration' })
  expect(asked).toHaveLength(2)
})

test.each(['https://127.0.0.1:1/v1/a', 'http://127.0.0.1:1/v1/a', 'http://[', '//vault.example/v1/a'])(
  'a redirect to %s leaves the address and is refused',
  async (location) => {
    const { url } = await server((_, response) => response.writeHead(307, { Location: location }).end())
    const sent = transport(url).send({ method: 'GET', uri: `${url}/v1/a` })
    await expect(sent).rejects.toMatchObject({ code: 'configuration' })
  },
)

test('a redirect that would change the method is refused', async () => {
  const { url, asked } = await server((_, response) => response.writeHead(302, { Location: '/v1/b' }).end())
  const sent = transport(url).send({ method: 'POST', uri: `${url}/v1/a`, json: {} })
  await expect(sent).rejects.toMatchObject({ code: 'configuration' })
  expect(asked).toHaveLength(1)
})

test('calls one after the other share one connection, also those of several KEKs', async () => {
  const { url, connections } = await server((_, response) => response.end('{}'))
  const [one, other] = [transport(url), transport(url)]
  for (let round = 0; round < 5; round += 1) {
    await one.send({ method: 'GET', uri: `${url}/v1/a` })
    await other.send({ method: 'GET', uri: `${url}/v1/a` })
  }
  expect(connections()).toBe(1)
})

test('closing one KEK leaves the connections of another alone', async () => {
  const { url, connections } = await server((_, response) => response.end('{}'))
  const [one, other] = [transport(url), transport(url)]
  await one.send({ method: 'GET', uri: `${url}/v1/a` })
  one.close()
  one.close()
  await other.send({ method: 'GET', uri: `${url}/v1/a` })
  expect(connections()).toBe(1)
})

test('an answer without end is given up at a megabyte', async () => {
  const { url } = await server((_, response) => {
    const more = (): void => {
      while (!response.destroyed && response.write(Buffer.alloc(65_536, 0x20)));
    }
    response.on('drain', more)
    more()
  })
  const sent = transport(url).send({ method: 'GET', uri: `${url}/v1/a` })
  await expect(sent).rejects.toMatchObject({ code: 'too-long' })
})

test('an answer that is no JSON is no success', async () => {
  const { url } = await server((_, response) => response.end('<html>'))
  const sent = transport(url).send({ method: 'GET', uri: `${url}/v1/a` })
  await expect(sent).rejects.toMatchObject({ code: 'invalid-response' })
})

test.each([
  ['7', 7_000],
  ['99999999999', 99_999_999_999_000],
  ['Sat, 21 Nov 2026 07:00:05 GMT', expect.any(Number)],
  ['soon', undefined],
])('an error keeps its Retry-After of %s as milliseconds', async (header, retryAfterMs) => {
  const { url } = await server((_, response) =>
    response.writeHead(429, { 'Retry-After': header }).end('{"errors":[]}'),
  )
  const sent = transport(url).send({ method: 'GET', uri: `${url}/v1/a` })
  await expect(sent).rejects.toMatchObject({ response: { statusCode: 429, retryAfterMs } })
})

test('a Retry-After of three thousand years is told and waited for by nobody', async () => {
  const vault = await runningVault()
  const kek = resilient(vault.kek())
  await kek.connect()
  vault.faults.add({ fault: { kind: 'throttle', retryAfterSeconds: 99_999_999_999 } })
  vault.calls.clear()
  await expect(kek.wrapKey({ dataKey: new Uint8Array(32), context })).rejects.toMatchObject({
    code: 'throttled',
    details: { retryAfterMs: 99_999_999_999_000 },
  })
  expect(vault.calls.count()).toBe(1)
})

test('a signal ends the request on the wire', async () => {
  const controller = new AbortController()
  const closed = Promise.withResolvers<void>()
  const { url } = await server((request) => {
    request.socket.once('close', () => closed.resolve())
    controller.abort()
  })
  const sent = transport(url).send({ method: 'GET', uri: `${url}/v1/a`, signal: controller.signal })
  await expect(sent).rejects.toMatchObject({ code: 'aborted' })
  await closed.promise
})

test('a signal that has fired lets no request out', async () => {
  const { url, asked } = await server((_, response) => response.end('{}'))
  const sent = transport(url).send({ method: 'GET', uri: `${url}/v1/a`, signal: AbortSignal.abort() })
  await expect(sent).rejects.toMatchObject({ code: 'aborted' })
  expect(asked).toEqual([])
})

test('a call of a KEK is ended on the wire by its own signal', async () => {
  const vault = await runningVault()
  const kek = vault.kek({ key: 'derived' })
  await kek.connect()
  const controller = new AbortController()
  vault.calls.listen(() => controller.abort())
  vault.faults.add({ fault: { kind: 'stall' } })
  const call = kek.wrapKey({ dataKey: new Uint8Array(32), context, signal: controller.signal })
  await expect(call).rejects.toMatchObject({ code: 'aborted' })
})

test('plain HTTP to a server of HTTPS wraps nothing', async () => {
  const vault = await runningVault({ tls: true })
  const kek = vault.kek({ address: vault.url.replace('https', 'http') })
  await expect(wrapped(kek)).rejects.toThrow()
})
