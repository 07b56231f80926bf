import { expect, test } from 'vitest'
import { health } from '../src/index.ts'
import { standing } from '../src/standing.ts'
import { cloud } from './clouds.ts'
import { failureOf } from './failure-of.ts'
import { virtualClock } from './virtual-clock.ts'

test('a half-open breaker comes after any number of setbacks, and before one that refuses', async () => {
  const clock = virtualClock()
  const known = standing(10_000, clock)
  const [half, refusing, slow] = ['half', 'refusing', 'slow'].map((name) =>
    cloud(name, clock, { attempts: 1, breakerFailures: 1, breakerOpenMs: 1_000 }),
  )
  if (half === undefined || refusing === undefined || slow === undefined) throw new Error('three')
  for (const one of [half, refusing]) {
    one.failure = 'unavailable'
    const context = { role: 'dek', pairs: {}, digest: new Uint8Array(32) } as const
    await failureOf(clock.run(one.kek.wrapKey({ dataKey: new Uint8Array(32).fill(1), context })))
    await clock.pass(600)
  }
  expect([half, refusing].map(({ kek }) => health(kek)?.breaker)).toEqual(['half-open', 'open'])
  for (let time = 0; time < 99; time++) known.overtaken(slow.kek)
  const places = [slow, half, refusing].map(({ kek }) => known.pushedBack(kek))
  expect(places).toEqual([...places].sort((one, other) => one - other))
  expect(new Set(places).size).toBe(3)
  expect(places.at(-1)).toBe(Number.POSITIVE_INFINITY)
})

test('who helped is forgiven at once', () => {
  const clock = virtualClock()
  const known = standing(10_000, clock)
  const { kek } = cloud('a', clock, false)
  known.overtaken(kek)
  known.failed(kek, 'timeout')
  expect(known.pushedBack(kek)).toBe(2)
  known.helped(kek)
  expect(known.pushedBack(kek)).toBe(0)
})

test('a refusal of the service pushes nobody back: it says nothing of the next envelope', () => {
  const clock = virtualClock()
  const known = standing(10_000, clock)
  const { kek } = cloud('a', clock, false)
  for (const code of ['unwrap-failed', 'access-denied', 'throttled'] as const) known.failed(kek, code)
  expect(known.pushedBack(kek)).toBe(0)
})
