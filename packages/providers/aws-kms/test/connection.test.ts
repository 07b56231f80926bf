import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { KMSClient } from '@aws-sdk/client-kms'
import { testClock } from '@keywright/backends/test-clock'
import { expect, onTestFinished, test } from 'vitest'
import { awsKms } from '../src/index.ts'
import { codeOf, context, dataKey, type RunningKms, runningKms } from './running-kms.ts'

/** Settles when a call of this kind has met a server that says nothing, for one time. */
function stalled({ calls, faults }: RunningKms, operation: string): Promise<void> {
  faults.add({ fault: { kind: 'stall' }, operations: [operation], times: 1 })
  return new Promise((resolve) => {
    const end = calls.listen((call) => {
      if (call.operation !== operation) return
      end()
      resolve()
    })
  })
}

test('a DescribeKey that gets no answer costs its caller one try: the next tries connect anew', async () => {
  const kms = await runningKms()
  await kms.newKey({}, 'alias/orders')
  const clock = testClock()
  const kek = kms.kek({ key: 'alias/orders', resilience: { clock, tryTimeoutMs: 2_500, random: () => 0.5 } })
  const silence = stalled(kms, 'DescribeKey')
  const wrapped = kek.wrapKey({ dataKey, context })
  await silence
  clock.move(2_500)
  await clock.asleep(100)
  clock.move(100)
  expect((await wrapped).wrapped.length).toBeGreaterThan(32)
  await kek.wrapKey({ dataKey, context })
  expect([kms.calls.count('DescribeKey'), kms.calls.count('Encrypt')]).toEqual([2, 2])
  await kek.close()
})

test('a KEK whose connection gets no answer closes, and the request ends on the wire', async () => {
  const asked = Promise.withResolvers<unknown>()
  const ended = Promise.withResolvers<void>()
  const server = createServer((request) => {
    asked.resolve(request.headers['x-amz-target'])
    request.socket.once('close', () => ended.resolve())
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
  const kek = awsKms({ key: 'alias/orders', client, resilience: false })
  const connected = codeOf(kek.connect())
  expect(await asked.promise).toBe('TrentService.DescribeKey')
  await kek.close()
  expect(await connected).toBe('configuration')
  // Without the signal in the SDK, the request would wait on: the test ends by its time limit.
  await ended.promise
})
