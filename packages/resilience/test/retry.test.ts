import { expect, test } from 'vitest'
import { health, resilient } from '../src/index.ts'
import { failureOf } from './failure-of.ts'
import { context, dataKey, type Step, scriptedKek, unwrapRequest } from './scripted-kek.ts'
import { virtualClock } from './virtual-clock.ts'

const calm = { breakerFailures: 100 }

test('what may pass is retried until it passes', async () => {
  const clock = virtualClock()
  const inner = scriptedKek(['throttled', 'unavailable', 'timeout'])
  const kek = resilient(inner, { ...calm, clock })
  const { dataKey } = await clock.run(kek.unwrapKey(unwrapRequest))
  expect(dataKey).toHaveLength(32)
  expect(inner.calls).toEqual(['connect', 'unwrapKey', 'unwrapKey', 'unwrapKey', 'unwrapKey'])
  expect(clock.sleeping()).toBe(0)
})

for (const operation of ['wrapKey', 'generateDataKey', 'rewrapKey', 'describeKey'] as const) {
  test(`${operation} is repeated like unwrapKey`, async () => {
    const clock = virtualClock()
    const inner = scriptedKek(['unavailable'])
    const kek = resilient(inner, { clock })
    const calls = {
      wrapKey: () => kek.wrapKey({ dataKey: dataKey(), context }),
      generateDataKey: () => kek.generateDataKey({ context }),
      rewrapKey: () => kek.rewrapKey(unwrapRequest),
      describeKey: () => kek.describeKey(),
    }
    await clock.run<unknown>(calls[operation]())
    expect(inner.calls).toEqual(['connect', operation, operation])
  })
}

const final = [
  'access-denied',
  'key-not-found',
  'key-disabled',
  'key-destroyed',
  'key-version-retired',
  'unwrap-failed',
  'key-mismatch',
  'invalid-response',
  'invalid-argument',
  'unsupported',
  'aborted',
  'configuration',
  'unknown',
] as const

for (const code of final) {
  test(`${code} is never retried`, async () => {
    const clock = virtualClock()
    const inner = scriptedKek([code])
    const failure = await failureOf(clock.run(resilient(inner, { clock }).unwrapKey(unwrapRequest)))
    expect(failure.code).toBe(code)
    expect(failure.details.attempts).toBe(1)
    expect(inner.calls).toEqual(['connect', 'unwrapKey'])
  })
}

test('unauthenticated is tried once more, and no further', async () => {
  const clock = virtualClock()
  const inner = scriptedKek(['unauthenticated', 'unauthenticated', 'ok'])
  const failure = await failureOf(clock.run(resilient(inner, { clock }).unwrapKey(unwrapRequest)))
  expect(failure.code).toBe('unauthenticated')
  expect(failure.details.attempts).toBe(2)
})

test('a login that has come back opens', async () => {
  const clock = virtualClock()
  const inner = scriptedKek(['unauthenticated'])
  await clock.run(resilient(inner, { clock }).unwrapKey(unwrapRequest))
  expect(inner.calls).toHaveLength(3)
})

test('the number of tries is bounded and told, with the record of the last error', async () => {
  const clock = virtualClock()
  const inner = scriptedKek(new Array<Step>(9).fill('unavailable'))
  const kek = resilient(inner, { ...calm, clock, attempts: 3 })
  const failure = await failureOf(clock.run(kek.unwrapKey(unwrapRequest)))
  expect(failure.code).toBe('unavailable')
  expect(failure.retry).toBe('later')
  expect(failure.details).toEqual({
    provider: 'scripted',
    operation: 'unwrapKey',
    key: 'scripted://k',
    requestId: 'r-1',
    attempts: 3,
  })
  expect(inner.calls).toHaveLength(4)
})

/** The pauses of one operation, without the sleeps that are its time limits. */
async function pauses(random: () => number, script: Step[]): Promise<number[]> {
  const clock = virtualClock()
  const options = { ...calm, clock, random, attempts: 8, deadlineMs: 50_000, tryTimeoutMs: 49_999 }
  await clock.run(resilient(scriptedKek(script), options).unwrapKey(unwrapRequest))
  return clock.asked.filter((ms) => ms !== options.deadlineMs && ms !== options.tryTimeoutMs)
}

test('pauses are drawn below a bound that doubles up to the cap', async () => {
  const script = new Array<Step>(7).fill('unavailable')
  expect(await pauses(() => 0.5, script)).toEqual([50, 100, 200, 400, 800, 1000, 1000])
})

test('the jitter is full: a draw of zero waits for nothing', async () => {
  expect(await pauses(() => 0, ['unavailable', 'unavailable'])).toEqual([0, 0])
})

test('what the service asked for is waited for, the jitter on top', async () => {
  expect(await pauses(() => 0.5, [{ code: 'throttled', retryAfterMs: 3_000 }])).toEqual([3_050])
})

test('a delay asked for that is no time at all counts as none', async () => {
  const script: Step[] = [
    { code: 'throttled', retryAfterMs: Number.NaN },
    { code: 'throttled', retryAfterMs: -5_000 },
  ]
  expect(await pauses(() => 0.5, script)).toEqual([50, 100])
})

test('a delay asked for beyond the deadline is told at once instead of waited for', async () => {
  const clock = virtualClock()
  const inner = scriptedKek([{ code: 'throttled', retryAfterMs: 60_000 }])
  const failure = await failureOf(clock.run(resilient(inner, { clock }).unwrapKey(unwrapRequest)))
  expect(failure.code).toBe('throttled')
  expect(failure.details.retryAfterMs).toBe(60_000)
  expect(clock.now()).toBe(0)
  expect(inner.calls).toHaveLength(2)
})

test('a connection that fails is retried as part of the operation', async () => {
  const clock = virtualClock()
  const inner = scriptedKek([], 8, ['unavailable', 'unavailable'])
  await clock.run(resilient(inner, { clock }).unwrapKey(unwrapRequest))
  expect(inner.calls).toEqual(['connect', 'connect', 'connect', 'unwrapKey'])
})

test('a repeated wrap sends the key as it was when asked, and the copy is wiped in the end', async () => {
  const clock = virtualClock()
  const seen: number[][] = []
  const inner = scriptedKek([
    'unavailable',
    async () => {
      seen.push([...(inner.dataKeys[1] ?? [])])
    },
  ])
  const own = dataKey()
  const work = resilient(inner, { clock }).wrapKey({ dataKey: own, context })
  own.fill(0)
  await clock.run(work)
  expect(seen).toEqual([[...dataKey()]])
  expect(inner.dataKeys[1]).toEqual(new Uint8Array(32))
})

test('statistics count operations, tries and retries', async () => {
  const clock = virtualClock()
  const kek = resilient(scriptedKek(['unavailable', 'ok', 'unwrap-failed']), { clock })
  await clock.run(kek.unwrapKey(unwrapRequest))
  await failureOf(clock.run(kek.unwrapKey(unwrapRequest)))
  expect(health(kek)?.statistics).toEqual({
    operations: 2,
    succeeded: 1,
    failed: 1,
    tries: 3,
    retries: 1,
    timeouts: 0,
    refused: 0,
    opened: 0,
  })
})
