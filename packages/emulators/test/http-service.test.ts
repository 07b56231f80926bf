import { get } from 'node:http'
import { get as getByTls } from 'node:https'
import { afterEach, expect, test } from 'vitest'
import { loopbackCertificate } from '../src/azure-key-vault/certificate.ts'
import { startHttpService } from '../src/http-service.ts'
import { CallLog, type Fault, Faults } from '../src/index.ts'

const closings: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closings.splice(0)) await close()
})

async function service(
  fault?: Fault,
  tls?: { readonly key: string; readonly cert: string },
): Promise<{ url: string; calls: CallLog }> {
  const [faults, calls] = [new Faults(), new CallLog()]
  if (fault !== undefined) faults.add({ fault })
  const { url, close } = await startHttpService({
    host: '127.0.0.1',
    port: 0,
    tls,
    faults,
    calls,
    maxBodyBytes: 100,
    tooLarge: () => ({ status: 413, headers: [], body: 'too large' }),
    identify: (request) => ({ operation: request.url }),
    answer: (_, __, fault) => ({
      status: 200,
      headers: [['X-Spelling', 'kept']],
      body: fault?.kind ?? 'well',
    }),
  })
  closings.push(close)
  return { url, calls }
}

test('headers keep their order and spelling, and nothing is added but the length', async () => {
  const { url } = await service()
  const raw = await new Promise<string[]>((resolve, reject) => {
    get(url, (response) => resolve(response.resume().rawHeaders)).on('error', reject)
  })
  expect(raw.slice(0, 4)).toEqual(['X-Spelling', 'kept', 'Content-Length', '4'])
  expect(raw).not.toContain('Date')
})

test('a body over the bound is answered as too large and never reaches the service', async () => {
  const { url, calls } = await service()
  const response = await fetch(url, { method: 'POST', body: 'x'.repeat(101) })
  expect([response.status, calls.count()]).toEqual([413, 0])
})

test("a fault in the service's own words is handed to the service", async () => {
  const { url } = await service({ kind: 'throttle' })
  expect(await (await fetch(url)).text()).toBe('throttle')
})

test.each<Fault>([{ kind: 'reset' }, { kind: 'garbage' }])(
  '$kind fails the request without an answer',
  async (fault) => {
    const { url, calls } = await service(fault)
    await expect(fetch(`${url}/op`)).rejects.toThrow()
    expect(calls.latest).toEqual([{ operation: '/op', status: undefined, error: fault.kind }])
  },
)

test('a reset is one over TLS too', async () => {
  const tls = loopbackCertificate(new Date())
  const { url } = await service({ kind: 'reset' }, tls)
  const code = await new Promise((resolve) => {
    getByTls(url, { ca: tls.cert }, ({ statusCode }) => resolve(statusCode)).on('error', (error) =>
      resolve('code' in error ? error.code : error),
    )
  })
  expect(code).toBe('ECONNRESET')
})

test('a half answer has its headers and fails in the body', async () => {
  const { url } = await service({ kind: 'half-answer' })
  const response = await fetch(url)
  expect(response.status).toBe(200)
  await expect(response.text()).rejects.toThrow()
})

test('a stalled request ends when its client gives up or the service is closed', async () => {
  const { url, calls } = await service({ kind: 'stall' })
  const asked = fetch(`${url}/op`)
  const failed = expect(asked).rejects.toThrow()
  await new Promise<void>((resolve) => calls.listen(() => resolve()))
  await closings.pop()?.()
  await failed
})
