import { expect, test } from 'vitest'
import { health, resilient } from '../src/index.ts'
import { failureOf } from './failure-of.ts'
import { type Step, scriptedKek, unwrapRequest } from './scripted-kek.ts'
import { virtualClock } from './virtual-clock.ts'

test('never more calls at once than the KEK takes, and all of them in the end', async () => {
  const clock = virtualClock()
  let running = 0
  let most = 0
  const step = async (): Promise<void> => {
    most = Math.max(most, ++running)
    await clock.sleep(10, new AbortController().signal)
    running--
  }
  const inner = scriptedKek(new Array<Step>(100).fill(step), 4)
  const kek = resilient(inner, { clock })
  await clock.run(Promise.all(Array.from({ length: 100 }, () => kek.unwrapKey(unwrapRequest))))
  expect(most).toBe(4)
  expect(inner.calls.filter((name) => name === 'unwrapKey')).toHaveLength(100)
  expect(health(kek)).toMatchObject({ running: 0, waiting: 0 })
})

test('a caller in the queue is let go at once, and its call is never made', async () => {
  const clock = virtualClock()
  const first = Promise.withResolvers<void>()
  const inner = scriptedKek([() => first.promise], 1)
  const kek = resilient(inner, { clock })
  const running = kek.unwrapKey(unwrapRequest)
  await clock.pass(0)
  const caller = new AbortController()
  const queued = failureOf(kek.unwrapKey({ ...unwrapRequest, signal: caller.signal }))
  await clock.pass(0)
  expect(health(kek)).toMatchObject({ running: 1, waiting: 1 })
  caller.abort()
  const failure = await queued
  expect(failure.code).toBe('aborted')
  expect(failure.details.attempts).toBe(0)
  first.resolve()
  await clock.run(running)
  await clock.pass(0)
  expect(inner.calls).toEqual(['connect', 'unwrapKey'])
  expect(clock.sleeping()).toBe(0)
})

test('a wait for a place counts against the deadline and not against the KEK', async () => {
  const clock = virtualClock()
  const inner = scriptedKek([() => clock.sleep(2_000, new AbortController().signal), 'hang'], 1)
  const kek = resilient(inner, { clock, deadlineMs: 2_500, attempts: 1, breakerFailures: 1 })
  const first = kek.unwrapKey(unwrapRequest)
  const second = failureOf(kek.unwrapKey(unwrapRequest))
  await clock.run(first)
  expect((await clock.run(second)).code).toBe('timeout')
  expect(health(kek)).toMatchObject({ breaker: 'closed', failuresInARow: 0 })
})

test('a pause holds no place', async () => {
  const clock = virtualClock()
  const inner = scriptedKek(['unavailable'], 1)
  const kek = resilient(inner, { clock, random: () => 0.5 })
  const paused = kek.unwrapKey(unwrapRequest)
  await clock.pass(1)
  const before = clock.now()
  await clock.run(kek.unwrapKey(unwrapRequest))
  expect(clock.now()).toBe(before)
  await clock.run(paused)
})

test('a call given up frees its place', async () => {
  const clock = virtualClock()
  const inner = scriptedKek(['hang'], 1)
  const kek = resilient(inner, { clock, attempts: 1 })
  expect((await failureOf(clock.run(kek.unwrapKey(unwrapRequest)))).code).toBe('timeout')
  await clock.run(kek.unwrapKey(unwrapRequest))
  expect(health(kek)?.running).toBe(0)
})

test('calls that waited while the breaker opened are not made', async () => {
  const clock = virtualClock()
  const inner = scriptedKek(['hang', 'ok'], 1)
  const kek = resilient(inner, { clock, attempts: 1, breakerFailures: 1 })
  const both = [kek.unwrapKey(unwrapRequest), kek.unwrapKey(unwrapRequest)].map(failureOf)
  const failures = await clock.run(Promise.all(both))
  expect(failures.map(({ code }) => code)).toEqual(['timeout', 'unavailable'])
  expect(inner.calls).toEqual(['connect', 'unwrapKey'])
})

test('a KEK that declares no place is a configuration error, not a wait', async () => {
  const clock = virtualClock()
  for (const none of [0, Number.NaN]) {
    const work = resilient(scriptedKek([], none), { clock }).unwrapKey(unwrapRequest)
    const failure = await failureOf(clock.run(work))
    expect(failure.code).toBe('configuration')
    expect(failure.details.field).toBe('maxConcurrentCalls')
  }
})
