import { execFile } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { promisify } from 'node:util'
import { KMSClient } from '@aws-sdk/client-kms'
import type { Kek } from '@keywright/core'
import { awsKmsEmulator } from '@keywright/emulators'
import { expect, onTestFinished, test } from 'vitest'
import { awsKms } from '../src/index.ts'
import { context as bound, codeOf, dataKey, runningKms } from './running-kms.ts'

const run = promisify(execFile)

/** Runs a module in a process of its own, with nothing of AWS in its environment but what is given. */
async function inProcess(code: string, environment: Readonly<Record<string, string>> = {}): Promise<string> {
  const { PATH = '' } = process.env
  const quiet = { AWS_EC2_METADATA_DISABLED: 'true', HOME: tmpdir(), PATH }
  const args = ['--input-type=module', '--eval', code]
  const { stdout } = await run(process.execPath, args, {
    cwd: import.meta.dirname,
    env: { ...quiet, ...environment },
  })
  return stdout.trim()
}

const source = JSON.stringify(new URL('../src/index.ts', import.meta.url).href)
const context = `{ role: 'dek', pairs: {}, digest: new Uint8Array(32) }`

test('an import of the package loads no SDK; the first use does', async () => {
  const code = `
    import { registerHooks } from 'node:module'
    const loaded = []
    registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) })
    const { awsKms } = await import(${source})
    const kek = awsKms({ key: 'alias/x', region: 'eu-west-1' })
    const sdk = () => loaded.filter((url) => /@aws-sdk|@smithy|cockatiel/.test(url)).length > 0
    const before = sdk()
    await kek.connect().catch(() => {})
    console.log(before, sdk())
  `
  expect(await inProcess(code)).toBe('false true')
})

test('AWS_ENDPOINT_URL_KMS, AWS_REGION and the default credential chain are all that a KEK needs', async () => {
  const { environment, newKey } = await runningKms()
  await newKey({}, 'alias/orders')
  const code = `
    const { awsKms } = await import(${source})
    const kek = awsKms.fromUri('aws-kms://alias/orders')
    const { dataKey } = await kek.generateDataKey({ context: ${context} })
    console.log(dataKey.length, (await kek.connect()).reference.split(':')[3])
    await kek.close()
  `
  expect(await inProcess(code, environment)).toBe('32 eu-west-1')
})

const roleArn = 'arn:aws:iam::111122223333:role/orders'

test.each([
  ['no credentials', 'unauthenticated', { AWS_REGION: 'eu-west-1' }],
  [
    'a token file that is not there',
    'unauthenticated',
    { AWS_REGION: 'eu-west-1', AWS_ROLE_ARN: roleArn, AWS_WEB_IDENTITY_TOKEN_FILE: '/nonexistent/token' },
  ],
  [
    'a token file that is a folder',
    'unauthenticated',
    { AWS_REGION: 'eu-west-1', AWS_ROLE_ARN: roleArn, AWS_WEB_IDENTITY_TOKEN_FILE: tmpdir() },
  ],
  ['no Region', 'configuration', { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 's' }],
])('%s is %s', async (_, code, environment) => {
  const program = `
    const { awsKms } = await import(${source})
    const kek = awsKms({ key: 'alias/orders', resilience: false })
    await kek.connect().catch((error) => console.log(error.code))
  `
  expect(await inProcess(program, environment)).toBe(code)
})

test('a token file that is not there is no outage: one more login is tried, and the breaker stays closed', async () => {
  const program = `
    const { awsKms } = await import(${source})
    const key = 'alias/orders'
    // Pauses take no time, and no limit of a try is ever reached.
    const sleep = (ms) => new Promise((resolve) => ms <= 100 && resolve())
    const kek = awsKms({ key, resilience: { clock: { now: () => 0, sleep }, breakerFailures: 1 } })
    const failed = () => kek.connect().catch(({ code, details }) => code + ' ' + details.attempts)
    console.log(await failed(), await failed())
  `
  const environment = {
    AWS_REGION: 'eu-west-1',
    AWS_ROLE_ARN: roleArn,
    AWS_WEB_IDENTITY_TOKEN_FILE: '/nonexistent/token',
  }
  expect(await inProcess(program, environment)).toBe('unauthenticated 2 unauthenticated 2')
})

test("the SDK's own retries are off: a throttled call is one request", async () => {
  const emulator = await awsKmsEmulator()
  onTestFinished(emulator.close)
  emulator.faults.add({ fault: { kind: 'throttle' } })
  const code = `
    const { awsKms } = await import(${source})
    const kek = awsKms({ key: 'alias/orders', resilience: false })
    await kek.connect().catch((error) => console.log(error.code))
  `
  expect(await inProcess(code, emulator.environment)).toBe('throttled')
  expect(emulator.calls.count()).toBe(1)
})

test('64 calls run at once, where the SDK by itself opens 50 connections', async () => {
  const emulator = await awsKmsEmulator()
  onTestFinished(emulator.close)
  emulator.faults.add({ fault: { kind: 'stall' } })
  emulator.calls.listen(() => {
    if (emulator.calls.count() === 64) void emulator.close()
  })
  const code = `
    const { awsKms } = await import(${source})
    const key = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab'
    const kek = awsKms({ key, resilience: false })
    const call = () => kek.generateDataKey({ context: ${context} }).catch((error) => error.code)
    console.log([...new Set(await Promise.all(Array.from({ length: 64 }, call)))].join())
  `
  expect(await inProcess(code, emulator.environment)).toBe('unavailable')
  expect(emulator.calls.count()).toBe(64)
})

const arn = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab'
const slot = { wrapped: new Uint8Array(32), keyVersion: '', algorithm: 'aws-kms.map', context: bound }

test.each<readonly [string, (kek: Kek, signal: AbortSignal) => Promise<unknown>]>([
  ['Encrypt', (kek, signal) => kek.wrapKey({ dataKey, context: bound, signal })],
  ['GenerateDataKey', (kek, signal) => kek.generateDataKey({ context: bound, signal })],
  ['Decrypt', (kek, signal) => kek.unwrapKey({ ...slot, reference: arn, signal })],
  ['ReEncrypt', (kek, signal) => kek.rewrapKey({ ...slot, reference: arn, signal })],
  ['DescribeKey', (kek, signal) => kek.describeKey({ signal })],
])(
  'a call of %s that gets no answer ends with its signal, and its connection with it',
  async (operation, call) => {
    const controller = new AbortController()
    const asked: unknown[] = []
    const closed = Promise.withResolvers<void>()
    const server = createServer((request) => {
      asked.push(request.headers['x-amz-target'])
      request.socket.once('close', () => closed.resolve())
      controller.abort()
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const client = new KMSClient({
      endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      region: 'eu-west-1',
      credentials: { accessKeyId: 'a', secretAccessKey: 's' },
      maxAttempts: 1,
    })
    onTestFinished(() => client.destroy())
    const kek = awsKms({ key: arn, client, resilience: false })
    expect(await codeOf(call(kek, controller.signal))).toBe('aborted')
    // Without the signal in the SDK, the request would wait on: the test ends by its time limit.
    await closed.promise
    expect(asked).toEqual([`TrentService.${operation}`])
  },
)
