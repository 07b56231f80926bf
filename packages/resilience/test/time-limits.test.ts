import { expect, test } from 'vitest'
import { health, resilient } from '../src/index.ts'
import { failureOf } from './failure-of.ts'
import { context, dataKey, type Step, scriptedKek, unwrapRequest } from './scripted-kek.ts'
import { virtualClock } from './virtual-clock.ts'

const hanging = (): Step[] => new Array<Step>(9).fill('hang')

test('a try that hangs is given up after its time, and the next one answers', async () => {
  const clock = virtualClock()
  const inner = scriptedKek(['hang'])
  await clock.run(resilient(inner, { clock, random: () => 0 }).unwrapKey(unwrapRequest))
  expect(clock.now()).toBe(3_000)
  expect(inner.signals.map(({ aborted }) => aborted)).toEqual([true, false])
  expect(clock.sleeping()).toBe(0)
})

test('the deadline holds over all tries and pauses', async () => {
  const clock = virtualClock()
  const inner = scriptedKek(hanging())
  const failure = await failureOf(
    clock.run(resilient(inner, { clock, random: () => 0.5 }).unwrapKey(unwrapRequest)),
  )
  expect(failure.code).toBe('timeout')
  expect(failure.details).toMatchObject({ operation: 'unwrapKey', key: 'scripted://k', attempts: 4 })
  expect(clock.now()).toBe(10_000)
  expect(inner.signals.every(({ aborted }) => aborted)).toBe(true)
  expect(clock.sleeping()).toBe(0)
})

test('the deadline holds for a connection that hangs', async () => {
  const clock = virtualClock()
  const kek = resilient(scriptedKek([], 8, hanging()), { clock, deadlineMs: 500 })
  expect((await failureOf(clock.run(kek.owns('k')))).code).toBe('timeout')
  expect(clock.now()).toBe(500)
})

test('no pause is made that ends at the deadline', async () => {
  const clock = virtualClock()
  const inner = scriptedKek([{ code: 'unavailable', retryAfterMs: 1_000 }])
  const kek = resilient(inner, { clock, deadlineMs: 1_000, random: () => 0 })
  expect((await failureOf(clock.run(kek.unwrapKey(unwrapRequest)))).code).toBe('unavailable')
  expect(clock.now()).toBe(0)
})

test('a data key that arrives after its try was given up is wiped', async () => {
  for (const operation of ['unwrapKey', 'generateDataKey'] as const) {
    const clock = virtualClock()
    const late = Promise.withResolvers<void>()
    const inner = scriptedKek([() => late.promise])
    const kek = resilient(inner, { clock })
    const call = {
      unwrapKey: () => kek.unwrapKey(unwrapRequest),
      generateDataKey: () => kek.generateDataKey({ context }),
    }
    const answer = await clock.run(call[operation]())
    late.resolve()
    await clock.pass(0)
    expect(inner.dataKeys).toHaveLength(2)
    expect(inner.dataKeys[1]).toEqual(new Uint8Array(32))
    expect(answer.dataKey).toEqual(dataKey())
  }
})

test('the caller is let go at once during a call that cannot be cancelled', async () => {
  const clock = virtualClock()
  const inner = scriptedKek(hanging())
  const caller = new AbortController()
  const work = failureOf(resilient(inner, { clock }).unwrapKey({ ...unwrapRequest, signal: caller.signal }))
  await clock.pass(1)
  caller.abort()
  const failure = await work
  expect(failure.code).toBe('aborted')
  expect(failure.details.attempts).toBe(1)
  await clock.pass(0)
  expect(inner.signals[0]?.aborted).toBe(true)
  expect(clock.sleeping()).toBe(0)
})

test('the caller is let go at once during a pause, and no further try is made', async () => {
  const clock = virtualClock()
  const inner = scriptedKek(['unavailable'])
  const caller = new AbortController()
  const kek = resilient(inner, { clock, random: () => 0.5 })
  const work = failureOf(kek.unwrapKey({ ...unwrapRequest, signal: caller.signal }))
  await clock.pass(20)
  caller.abort()
  expect((await work).code).toBe('aborted')
  await clock.pass(20_000)
  expect(inner.calls).toEqual(['connect', 'unwrapKey'])
  expect(clock.sleeping()).toBe(0)
})

test('a caller that gave up before makes no call', async () => {
  const clock = virtualClock()
  const inner = scriptedKek()
  const kek = resilient(inner, { clock })
  const work = kek.unwrapKey({ ...unwrapRequest, signal: AbortSignal.abort() })
  expect((await failureOf(clock.run(work))).code).toBe('aborted')
  expect(inner.calls).toEqual([])
})

test("the caller's own reason for giving up does not leave with the error", async () => {
  const clock = virtualClock()
  const kek = resilient(scriptedKek(), { clock })
  const signal = AbortSignal.abort(new Error('secret-token'))
  const failure = await failureOf(clock.run(kek.unwrapKey({ ...unwrapRequest, signal })))
  expect(JSON.stringify(failure) + String(failure.stack) + String(failure.cause)).not.toContain(
    'secret-token',
  )
})

test("without a clock given, the machine's is used and no timer is left", async () => {
  const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
  const before = timers()
  const kek = resilient(scriptedKek(['unavailable']), { baseDelayMs: 1 })
  await kek.unwrapKey(unwrapRequest)
  expect(timers()).toBe(before)
})

test("an abort ends the sleep of the machine's clock and its timer", async () => {
  const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
  const before = timers()
  const caller = new AbortController()
  const kek = resilient(scriptedKek(hanging()))
  const work = failureOf(kek.unwrapKey({ ...unwrapRequest, signal: caller.signal }))
  caller.abort()
  expect((await work).code).toBe('aborted')
  expect(timers()).toBe(before)
})

test('tries that ran out of time are counted', async () => {
  const clock = virtualClock()
  const kek = resilient(scriptedKek(['hang', 'hang']), { clock })
  await clock.run(kek.unwrapKey(unwrapRequest))
  expect(health(kek)?.statistics.timeouts).toBe(2)
})

test('an abort in the pause after a failed connection begins no further try', async () => {
  const clock = virtualClock()
  const kek = resilient(scriptedKek([], 8, ['unavailable']), { clock, random: () => 0.5 })
  const caller = new AbortController()
  const work = failureOf(kek.unwrapKey({ ...unwrapRequest, signal: caller.signal }))
  await clock.pass(20)
  caller.abort()
  expect((await work).code).toBe('aborted')
  await clock.pass(1_000)
  expect(health(kek)?.statistics.tries).toBe(1)
})
