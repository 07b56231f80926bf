import { expect, test } from 'vitest'
import { health, type ResilienceOptions, resilient } from '../src/index.ts'
import { failureOf } from './failure-of.ts'
import { dataKey, type ScriptedKek, type Step, scriptedKek, unwrapRequest } from './scripted-kek.ts'
import { type VirtualClock, virtualClock } from './virtual-clock.ts'

type Kek = ReturnType<typeof resilient>

/** A KEK that is connected, so that a first try begins at once. */
async function ready(
  script: Step[],
  options: ResilienceOptions = {},
  places = 8,
): Promise<{ clock: VirtualClock; inner: ScriptedKek; kek: Kek }> {
  const clock = virtualClock()
  const inner = scriptedKek(script, places)
  const kek = resilient(inner, { random: () => 0.5, ...options, clock })
  await clock.run(kek.connect())
  return { clock, inner, kek }
}

test('a first try that is answered takes one time limit, and leaves none', async () => {
  const { clock, inner, kek } = await ready([])
  const before = clock.asked.length
  await clock.run(kek.unwrapKey(unwrapRequest))
  expect(clock.asked.slice(before)).toEqual([3_000])
  expect(clock.sleeping()).toBe(0)
  expect(inner.signals.map(({ aborted }) => aborted)).toEqual([false])
  expect(health(kek)).toMatchObject({ running: 0, waiting: 0, failuresInARow: 0 })
})

test('one that waits for its place has one time limit at a time, and leaves none', async () => {
  const { clock, kek } = await ready([() => clock.sleep(100, new AbortController().signal)], {}, 1)
  const before = clock.asked.length
  await clock.run(Promise.all([kek.unwrapKey(unwrapRequest), kek.unwrapKey(unwrapRequest)]))
  expect(clock.asked.slice(before).sort((one, other) => one - other)).toEqual([100, 3_000, 3_000, 10_000])
  expect(clock.sleeping()).toBe(0)
  expect(health(kek)).toMatchObject({ running: 0, waiting: 0, statistics: { succeeded: 3, tries: 3 } })
})

test('a wait for a place ends with the deadline, and its call is never made', async () => {
  const options = { deadlineMs: 4_000, attempts: 1 }
  const { clock, inner, kek } = await ready(['hang', 'hang', 'hang'], options, 1)
  const calls = [kek.unwrapKey(unwrapRequest), kek.unwrapKey(unwrapRequest), kek.unwrapKey(unwrapRequest)]
  const failures = await clock.run(Promise.all(calls.map(failureOf)))
  expect(failures.map(({ code, details }) => [code, details.attempts])).toEqual([
    ['timeout', 1],
    ['timeout', 1],
    ['timeout', 0],
  ])
  expect(clock.now()).toBe(4_000)
  expect(inner.calls).toEqual(['connect', 'unwrapKey', 'unwrapKey'])
  expect(health(kek)).toMatchObject({ running: 0, waiting: 0, statistics: { failed: 3 } })
})

test.for([
  [1_400, 'closed'],
  [1_600, 'open'],
] as const)(
  'what %i ms of a try cut by the deadline say of the KEK leaves the breaker %s',
  async ([leftMs, breaker]) => {
    const options = { deadlineMs: 2_900 + leftMs, attempts: 1, breakerFailures: 1 }
    const { clock, inner, kek } = await ready(
      [() => clock.sleep(2_900, new AbortController().signal), 'hang'],
      options,
      1,
    )
    const first = kek.unwrapKey(unwrapRequest)
    const second = failureOf(kek.unwrapKey(unwrapRequest))
    await clock.run(first)
    const failure = await clock.run(second)
    expect([failure.code, failure.details.attempts]).toEqual(['timeout', 1])
    expect(clock.now()).toBe(2_900 + leftMs)
    expect(inner.signals.map(({ aborted }) => aborted)).toEqual([false, true])
    expect(health(kek)).toMatchObject({ breaker, running: 0, waiting: 0 })
  },
)

test('the deadline counts from the beginning of the first try', async () => {
  const { clock, inner, kek } = await ready(new Array<Step>(9).fill('hang'))
  const failure = await failureOf(clock.run(kek.unwrapKey(unwrapRequest)))
  expect(failure.code).toBe('timeout')
  expect(failure.details.attempts).toBe(4)
  expect(clock.now()).toBe(10_000)
  expect(inner.signals.every(({ aborted }) => aborted)).toBe(true)
  expect(clock.sleeping()).toBe(0)
  expect(health(kek)).toMatchObject({ breaker: 'open', running: 0 })
})

test('a caller that gives up during the first try is let go at once, and a late data key is wiped', async () => {
  const late = Promise.withResolvers<void>()
  const { clock, inner, kek } = await ready([() => late.promise])
  const caller = new AbortController()
  const work = failureOf(kek.unwrapKey({ ...unwrapRequest, signal: caller.signal }))
  await clock.pass(1)
  caller.abort()
  const failure = await work
  expect([failure.code, failure.details.attempts]).toEqual(['aborted', 1])
  expect(inner.signals[0]?.aborted).toBe(true)
  expect(health(kek)).toMatchObject({ running: 0, failuresInARow: 0, statistics: { failed: 1 } })
  expect(clock.sleeping()).toBe(0)
  late.resolve()
  await clock.pass(0)
  expect(inner.dataKeys).toEqual([new Uint8Array(32)])
  expect(inner.calls).toEqual(['connect', 'unwrapKey'])
})

test('a first try that ran out of time is repeated, and its late data key is wiped', async () => {
  const late = Promise.withResolvers<void>()
  const { clock, inner, kek } = await ready([() => late.promise])
  const answer = await clock.run(kek.unwrapKey(unwrapRequest))
  expect(clock.now()).toBe(3_050)
  late.resolve()
  await clock.pass(0)
  expect(inner.dataKeys[1]).toEqual(new Uint8Array(32))
  expect(answer.dataKey).toEqual(dataKey())
  expect(health(kek)?.statistics).toMatchObject({ operations: 2, tries: 3, retries: 1, timeouts: 1 })
})

test('a first try that fails holds no place in the pause after it', async () => {
  const { clock, kek } = await ready(['unavailable'], {}, 1)
  const paused = kek.unwrapKey(unwrapRequest)
  await clock.pass(1)
  expect(health(kek)?.running).toBe(0)
  await clock.run(kek.unwrapKey(unwrapRequest))
  expect(clock.now()).toBe(1)
  await clock.run(paused)
})

test('who waits for the place of a first try that opens the breaker is refused', async () => {
  const { clock, inner, kek } = await ready(['hang'], { attempts: 1, breakerFailures: 1 }, 1)
  const both = [kek.unwrapKey(unwrapRequest), kek.unwrapKey(unwrapRequest)].map(failureOf)
  const failures = await clock.run(Promise.all(both))
  expect(failures.map(({ code }) => code)).toEqual(['timeout', 'unavailable'])
  expect(inner.calls).toEqual(['connect', 'unwrapKey'])
})

test('a first try that fails while a later call is the probe does not end the probe', async () => {
  const answer = Promise.withResolvers<void>()
  const options = { attempts: 1, breakerFailures: 1, breakerOpenMs: 1_000 }
  const { clock, kek } = await ready(['hang', 'unavailable', () => answer.promise], options)
  const old = failureOf(kek.unwrapKey(unwrapRequest))
  expect((await failureOf(clock.run(kek.unwrapKey(unwrapRequest)))).code).toBe('unavailable')
  await clock.pass(1_000)
  const probe = kek.unwrapKey(unwrapRequest)
  await clock.pass(2_000)
  expect((await old).code).toBe('timeout')
  expect(health(kek)).toMatchObject({ breaker: 'half-open', statistics: { opened: 1 } })
  answer.resolve()
  await clock.run(probe)
  expect(health(kek)).toMatchObject({ breaker: 'closed', failuresInARow: 0 })
})
