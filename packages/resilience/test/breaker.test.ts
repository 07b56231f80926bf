import { expect, test } from 'vitest'
import { health, type ResilienceOptions, resilient } from '../src/index.ts'
import { failureOf } from './failure-of.ts'
import { type ScriptedKek, type Step, scriptedKek, unwrapRequest } from './scripted-kek.ts'
import { type VirtualClock, virtualClock } from './virtual-clock.ts'

type Kek = ReturnType<typeof resilient>

/** One try for each operation, so that a script reads as a list of operations. */
function single(
  script: Step[],
  options: ResilienceOptions = {},
): { clock: VirtualClock; inner: ScriptedKek; kek: Kek } {
  const clock = virtualClock()
  const inner = scriptedKek(script)
  return { clock, inner, kek: resilient(inner, { attempts: 1, breakerFailures: 3, ...options, clock }) }
}

async function codes(clock: VirtualClock, kek: Kek, times: number): Promise<string[]> {
  const seen: string[] = []
  for (let time = 0; time < times; time++) {
    const work = kek.unwrapKey(unwrapRequest)
    seen.push(
      await clock.run(
        work.then(
          () => 'ok',
          async () => (await failureOf(work)).code,
        ),
      ),
    )
  }
  return seen
}

test('failures in a row open the breaker, and then nothing is called', async () => {
  const { clock, inner, kek } = single(['unavailable', 'timeout', 'unavailable'])
  await codes(clock, kek, 3)
  expect(health(kek)).toMatchObject({ breaker: 'open', refusesForMs: 10_000, lastFailure: 'unavailable' })
  const before = inner.calls.length
  const failure = await failureOf(clock.run(kek.unwrapKey(unwrapRequest)))
  expect(failure.code).toBe('unavailable')
  expect(failure.details).toEqual({
    provider: 'scripted',
    operation: 'unwrapKey',
    key: 'scripted://k',
    retryAfterMs: 10_000,
    attempts: 0,
  })
  expect(inner.calls).toHaveLength(before)
  expect(clock.now()).toBe(0)
  expect(health(kek)?.statistics).toMatchObject({ refused: 1, opened: 1 })
})

test('a refusal is not retried, even where the deadline would allow it', async () => {
  const { clock, kek } = single(['unavailable', 'unavailable', 'unavailable'], { breakerOpenMs: 1_000 })
  await codes(clock, kek, 3)
  expect(await codes(clock, kek, 1)).toEqual(['unavailable'])
  expect(clock.now()).toBe(0)
})

test('tries that hang open it', async () => {
  const { clock, kek } = single(['hang', 'hang', 'hang'])
  expect(await codes(clock, kek, 3)).toEqual(['timeout', 'timeout', 'timeout'])
  expect(health(kek)).toMatchObject({ breaker: 'open', lastFailure: 'timeout' })
})

test('tries that the deadline cuts open it too, when the deadline is shorter than the time of a try', async () => {
  const { clock, kek } = single(['hang', 'hang', 'hang'], { deadlineMs: 1_000 })
  await codes(clock, kek, 3)
  expect(health(kek)?.breaker).toBe('open')
})

test('an answer in between starts the count anew, a refusal by the service among them', async () => {
  for (const answer of ['ok', 'unwrap-failed', 'access-denied', 'throttled'] as const) {
    const { clock, kek } = single(['unavailable', 'unavailable', answer, 'unavailable', 'unavailable'])
    await codes(clock, kek, 5)
    expect(health(kek)).toMatchObject({ breaker: 'closed', failuresInARow: 2 })
  }
})

test('throttling never opens it', async () => {
  const { clock, kek } = single(new Array<Step>(20).fill('throttled'))
  await codes(clock, kek, 20)
  expect(health(kek)?.breaker).toBe('closed')
})

test('an error made on this side neither counts nor forgives', async () => {
  const { clock, kek } = single(['unavailable', 'unavailable', 'invalid-argument', 'unavailable'])
  await codes(clock, kek, 3)
  expect(health(kek)?.failuresInARow).toBe(2)
  await codes(clock, kek, 1)
  expect(health(kek)?.breaker).toBe('open')
})

test('callers that give up do not open it', async () => {
  const { clock, kek } = single(new Array<Step>(9).fill('hang'))
  for (let time = 0; time < 9; time++) {
    const caller = new AbortController()
    const work = failureOf(kek.unwrapKey({ ...unwrapRequest, signal: caller.signal }))
    await clock.pass(2_900)
    caller.abort()
    expect((await work).code).toBe('aborted')
  }
  expect(health(kek)).toMatchObject({ breaker: 'closed', failuresInARow: 0 })
})

test('after its time one call is let through, and its answer closes the breaker', async () => {
  const { clock, inner, kek } = single(['unavailable', 'unavailable', 'unavailable'])
  await codes(clock, kek, 3)
  await clock.pass(9_999)
  expect(await codes(clock, kek, 1)).toEqual(['unavailable'])
  expect(inner.calls).toHaveLength(4)
  await clock.pass(1)
  expect(health(kek)).toMatchObject({ breaker: 'half-open', refusesForMs: 0 })
  expect(await codes(clock, kek, 1)).toEqual(['ok'])
  expect(health(kek)).toMatchObject({ breaker: 'closed', failuresInARow: 0 })
})

test('a probe that the service refuses by name closes it: the service answers', async () => {
  const { clock, kek } = single(['unavailable', 'unavailable', 'unavailable', 'access-denied'])
  await codes(clock, kek, 3)
  await clock.pass(10_000)
  expect(await codes(clock, kek, 1)).toEqual(['access-denied'])
  expect(health(kek)?.breaker).toBe('closed')
})

test('a probe that fails opens it for the whole time again', async () => {
  const { clock, kek } = single(['unavailable', 'unavailable', 'unavailable', 'unavailable'])
  await codes(clock, kek, 3)
  await clock.pass(10_000)
  await codes(clock, kek, 1)
  expect(health(kek)).toMatchObject({ breaker: 'open', refusesForMs: 10_000, statistics: { opened: 2 } })
})

test('while a probe is under way, others are refused at once', async () => {
  const answer = Promise.withResolvers<void>()
  const { clock, inner, kek } = single(['unavailable', 'unavailable', 'unavailable', () => answer.promise])
  await codes(clock, kek, 3)
  await clock.pass(10_000)
  const probe = kek.unwrapKey(unwrapRequest)
  const others = [kek.unwrapKey(unwrapRequest), kek.unwrapKey(unwrapRequest)].map(failureOf)
  await clock.pass(1)
  expect((await Promise.all(others)).map(({ code }) => code)).toEqual(['unavailable', 'unavailable'])
  expect(inner.calls).toHaveLength(5)
  answer.resolve()
  await clock.run(probe)
  expect(health(kek)?.breaker).toBe('closed')
})

test('a probe whose caller gives up proves nothing: the next call is the probe', async () => {
  const { clock, inner, kek } = single(['unavailable', 'unavailable', 'unavailable', 'hang', 'unavailable'])
  await codes(clock, kek, 3)
  await clock.pass(10_000)
  const caller = new AbortController()
  const work = failureOf(kek.unwrapKey({ ...unwrapRequest, signal: caller.signal }))
  await clock.pass(5)
  caller.abort()
  expect((await work).code).toBe('aborted')
  await clock.pass(0)
  expect(health(kek)).toMatchObject({ breaker: 'half-open', refusesForMs: 0, statistics: { opened: 1 } })
  await codes(clock, kek, 1)
  expect(inner.calls).toHaveLength(6)
  expect(health(kek)).toMatchObject({ breaker: 'open', refusesForMs: 10_000 })
})

test('an operation whose failures opened the breaker does not pause in front of it', async () => {
  const { clock, kek } = single(['unavailable', 'unavailable', 'unavailable'], {
    attempts: 9,
    random: () => 0.5,
  })
  const failure = await failureOf(clock.run(kek.unwrapKey(unwrapRequest)))
  expect(failure.code).toBe('unavailable')
  expect(failure.details.attempts).toBe(3)
  expect(clock.now()).toBe(150)
})

test('who the key is stays known while the breaker is open, and asking does not close it', async () => {
  const { clock, kek } = single(['unavailable', 'unavailable', 'unavailable'])
  await codes(clock, kek, 3)
  expect(await clock.run(kek.owns('k'))).toBe(true)
  expect((await clock.run(kek.connect())).reference).toBe('k')
  await clock.pass(10_000)
  await clock.run(kek.owns('k'))
  expect(health(kek)?.breaker).toBe('half-open')
})

test('each KEK has a breaker of its own', async () => {
  const { clock, kek } = single(['unavailable', 'unavailable', 'unavailable'])
  const other = resilient(scriptedKek(), { clock })
  await codes(clock, kek, 3)
  expect(await codes(clock, other, 1)).toEqual(['ok'])
})

test('health of a KEK without policy is not known, and a decorator that spreads keeps it', () => {
  const inner = scriptedKek()
  expect(health(inner)).toBeUndefined()
  expect(health({ ...resilient(inner) })?.breaker).toBe('closed')
})

test('connections that fail open it, and then none is tried', async () => {
  const clock = virtualClock()
  const inner = scriptedKek([], 8, ['unavailable', 'unavailable'])
  const kek = resilient(inner, { clock, attempts: 1, breakerFailures: 2 })
  expect(await codes(clock, kek, 3)).toEqual(['unavailable', 'unavailable', 'unavailable'])
  expect(inner.calls).toEqual(['connect', 'connect'])
})
