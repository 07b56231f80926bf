import { keyring, open, seal } from '@keywright/core'
import { expect, test } from 'vitest'
import { health, hedged, type ResilienceOptions } from '../src/index.ts'
import { type Cloud, cloud, unwraps } from './clouds.ts'
import { failureOf } from './failure-of.ts'
import { type VirtualClock, virtualClock } from './virtual-clock.ts'

interface Scene {
  readonly clock: VirtualClock
  readonly clouds: readonly [Cloud, Cloud, Cloud]
  readonly sealed: Uint8Array
  /** Opens the envelope; answers with the time that it took, or with the code of its failure. */
  readonly opened: (signal?: AbortSignal) => Promise<number | string>
}

const calm: ResilienceOptions = { attempts: 1, random: () => 0 }

/** Three clouds, an envelope of all of them, and a hedged keyring to open it with. */
async function scene(
  options: { resilience?: ResilienceOptions | false; shares?: number } = {},
): Promise<Scene> {
  const clock = virtualClock()
  const { resilience = calm, shares } = options
  const [a, b, c] = ['a', 'b', 'c'].map((name) => cloud(name, clock, resilience))
  if (a === undefined || b === undefined || c === undefined) throw new Error('three')
  const keks = [a.kek, b.kek, c.kek]
  const groups = keks.map((kek) => [kek])
  const openStrategy = hedged({ clock })
  const keys = keyring(
    shares === undefined ? { seal: keks, openStrategy } : { groups, threshold: shares, openStrategy },
  )
  const sealed = await clock.run(seal('x', { keys }))
  const opened = async (signal?: AbortSignal): Promise<number | string> => {
    const startedMs = clock.now()
    const work = open(sealed, { keys, signal })
    const end = work.then(
      () => clock.now() - startedMs,
      async () => (await failureOf(work)).code,
    )
    return clock.run(end)
  }
  return { clock, clouds: [a, b, c], sealed, opened }
}

test('the nearest that answers in time is the only one asked', async () => {
  const { clouds, opened, clock } = await scene()
  expect(await opened()).toBe(20)
  expect(unwraps(clouds)).toEqual([1, 0, 0])
  expect(clock.sleeping()).toBe(0)
})

test('with the nearest stalled an open takes the delay and one call, and no timer is left', async () => {
  const { clouds, opened, clock } = await scene()
  clouds[0].latencyMs = Number.POSITIVE_INFINITY
  expect(await opened()).toBe(120)
  expect(unwraps(clouds)).toEqual([1, 1, 0])
  expect(clouds[0].signals.at(-1)?.aborted).toBe(true)
  await clock.pass(0)
  expect(clock.sleeping()).toBe(0)
  expect(health(clouds[0].kek)).toMatchObject({ running: 0, waiting: 0 })
})

test('with two stalled it takes two delays and one call', async () => {
  const { clouds, opened } = await scene()
  clouds[0].latencyMs = Number.POSITIVE_INFINITY
  clouds[1].latencyMs = Number.POSITIVE_INFINITY
  expect(await opened()).toBe(220)
  expect(unwraps(clouds)).toEqual([1, 1, 1])
})

for (const resilience of [calm, false] as const) {
  test(`a data key that arrives after the end is zero-filled${resilience === false ? ', without a policy too' : ''}`, async () => {
    const { clouds, opened, clock } = await scene({ resilience })
    clouds[0].latencyMs = 500
    clouds[0].deaf = true
    expect(await opened()).toBe(120)
    expect(clouds[0].dataKeys).toEqual([])
    await clock.pass(500)
    expect(clouds[0].dataKeys).toEqual([Buffer.alloc(32)])
    expect(clock.sleeping()).toBe(0)
  })
}

test('a slow answer that still comes first wins, and its second is aborted', async () => {
  const { clouds, opened } = await scene()
  clouds[0].latencyMs = 110
  expect(await opened()).toBe(110)
  expect(unwraps(clouds)).toEqual([1, 1, 0])
  expect(clouds[1].signals.at(-1)?.aborted).toBe(true)
  expect(await opened()).toBe(110)
  expect(unwraps(clouds)).toEqual([2, 2, 0])
})

test('a failure starts the next at once', async () => {
  const { clouds, opened } = await scene()
  clouds[0].failure = 'access-denied'
  expect(await opened()).toBe(40)
  clouds[1].failure = 'unwrap-failed'
  expect(await opened()).toBe(60)
  expect(unwraps(clouds)).toEqual([2, 2, 1])
})

test('where all fail, the error says what each answered', async () => {
  const { clouds, opened } = await scene()
  for (const one of clouds) one.failure = 'access-denied'
  expect(await opened()).toBe('access-denied')
  expect(unwraps(clouds)).toEqual([1, 1, 1])
})

test('who was overtaken stands back, and has its turn again after a while', async () => {
  const { clouds, opened, clock } = await scene()
  clouds[0].latencyMs = Number.POSITIVE_INFINITY
  expect(await opened()).toBe(120)
  expect([await opened(), await opened()]).toEqual([20, 20])
  expect(unwraps(clouds)).toEqual([1, 3, 0])
  await clock.pass(10_000)
  expect([await opened(), await opened()]).toEqual([120, 20])
  expect(unwraps(clouds)).toEqual([2, 5, 0])
  clouds[0].latencyMs = 30
  await clock.pass(10_000)
  expect([await opened(), await opened()]).toEqual([30, 30])
  expect(unwraps(clouds)).toEqual([4, 5, 0])
})

test('one whose breaker is open is not called, and comes back in its place', async () => {
  const { clouds, opened, clock } = await scene({ resilience: { ...calm, breakerFailures: 1 } })
  clouds[0].failure = 'unavailable'
  expect(await opened()).toBe(40)
  expect(health(clouds[0].kek)?.breaker).toBe('open')
  expect([await opened(), await opened()]).toEqual([20, 20])
  expect(unwraps(clouds)).toEqual([1, 3, 0])
  expect(health(clouds[0].kek)?.statistics.refused).toBe(0)
  clouds[0].failure = undefined
  await clock.pass(10_000)
  expect([await opened(), await opened()]).toEqual([20, 20])
  expect(unwraps(clouds)).toEqual([3, 3, 0])
  expect(health(clouds[0].kek)?.breaker).toBe('closed')
})

test('one whose breaker is open is not asked beside a slow one either', async () => {
  const { clouds, opened } = await scene({ resilience: { ...calm, breakerFailures: 1 } })
  clouds[0].failure = 'unavailable'
  clouds[2].failure = 'unavailable'
  clouds[1].failure = 'access-denied'
  expect(await opened()).toBe('unavailable')
  clouds[1].failure = undefined
  clouds[1].latencyMs = 500
  expect(await opened()).toBe(500)
  expect(clouds.map(({ kek }) => health(kek)?.statistics.refused)).toEqual([0, 0, 0])
})

test('while one open tries who stood back, others do not', async () => {
  const { clouds, opened, clock, sealed } = await scene({ resilience: false })
  clouds[0].latencyMs = Number.POSITIVE_INFINITY
  const keys = keyring({ open: clouds.map(({ kek }) => kek), openStrategy: hedged({ clock }) })
  await clock.run(open(sealed, { keys }))
  await clock.pass(10_000)
  const before = unwraps(clouds)
  await clock.run(Promise.all([open(sealed, { keys }), open(sealed, { keys }), open(sealed, { keys })]))
  expect(unwraps(clouds).map((calls, at) => calls - (before[at] ?? 0))).toEqual([1, 3, 0])
  expect(await opened()).toBe(120)
})

test('who was asked beside a slow one that won after all is not blamed', async () => {
  const { clouds, opened } = await scene()
  clouds[0].latencyMs = 110
  clouds[1].latencyMs = 150
  expect(await opened()).toBe(110)
  clouds[0].failure = 'access-denied'
  clouds[0].latencyMs = 0
  clouds[1].latencyMs = 20
  expect(await opened()).toBe(20)
  expect(unwraps(clouds)).toEqual([2, 2, 0])
})

test('no timer outlives an open by a turn', async () => {
  const { clouds, clock, sealed } = await scene({ resilience: false })
  const keys = keyring({ open: clouds.map(({ kek }) => kek), openStrategy: hedged({ clock }) })
  const work = open(sealed, { keys }).then(() => clock.sleeping())
  expect(await clock.run(work)).toBe(0)
})

test('one whose breaker has half-opened comes last until its turn', async () => {
  const { clouds, opened, clock } = await scene({
    resilience: { ...calm, breakerFailures: 1, breakerOpenMs: 1_000 },
  })
  clouds[0].failure = 'unavailable'
  expect(await opened()).toBe(40)
  await clock.pass(1_000)
  expect(health(clouds[0].kek)?.breaker).toBe('half-open')
  clouds[1].failure = 'access-denied'
  expect(await opened()).toBe(40)
  expect(unwraps(clouds)).toEqual([1, 2, 1])
})

test('where every breaker is open nothing is called, and the error says when to come again', async () => {
  const { clouds, opened } = await scene({ resilience: { ...calm, breakerFailures: 1 } })
  for (const one of clouds) one.failure = 'unavailable'
  expect(await opened()).toBe('unavailable')
  expect(unwraps(clouds)).toEqual([1, 1, 1])
  expect(await opened()).toBe('unavailable')
  expect(unwraps(clouds)).toEqual([1, 1, 1])
  expect(clouds.map(({ kek }) => health(kek)?.statistics.refused)).toEqual([1, 1, 1])
})

test('failures in a row push back, with a policy and without', async () => {
  for (const resilience of [calm, false] as const) {
    const { clouds, opened } = await scene({ resilience })
    clouds[0].failure = 'unavailable'
    expect(await opened()).toBe(40)
    expect(await opened()).toBe(20)
    expect(unwraps(clouds)).toEqual([1, 2, 0])
  }
})

test('the nearer of two that failed is not preferred when it failed more often', async () => {
  const { clouds, opened, clock } = await scene()
  for (const one of clouds) one.failure = 'unavailable'
  await opened()
  clouds[1].failure = 'access-denied'
  await opened()
  expect(clouds.map(({ kek }) => health(kek)?.failuresInARow)).toEqual([2, 0, 2])
  clouds[1].failure = undefined
  await clock.pass(1)
  await opened()
  expect(unwraps(clouds)).toEqual([2, 3, 2])
})

test('a caller that gives up is let go at once, every call and timer with it, and nobody is blamed', async () => {
  const { clouds, opened, clock, sealed } = await scene()
  for (const one of clouds) one.latencyMs = Number.POSITIVE_INFINITY
  const caller = new AbortController()
  const strategy = hedged({ clock })
  const keys = keyring({ open: clouds.map(({ kek }) => kek), openStrategy: strategy })
  const work = failureOf(open(sealed, { keys, signal: caller.signal }))
  await clock.pass(150)
  expect(unwraps(clouds)).toEqual([1, 1, 0])
  caller.abort()
  expect((await work).code).toBe('aborted')
  await clock.pass(0)
  expect(clock.sleeping()).toBe(0)
  expect([clouds[0], clouds[1]].every(({ signals }) => signals.at(-1)?.aborted)).toBe(true)
  for (const one of clouds) one.latencyMs = 20
  expect(await opened()).toBe(20)
  expect(await clock.run(open(sealed, { keys }))).toHaveLength(1)
  expect(unwraps(clouds)).toEqual([3, 1, 0])
})

test('a caller that had given up before makes no call', async () => {
  const { clouds, opened } = await scene()
  expect(await opened(AbortSignal.abort())).toBe('aborted')
  expect(unwraps(clouds)).toEqual([0, 0, 0])
})

test('shares are asked for at the same time, of the nearest groups', async () => {
  const { clouds, opened } = await scene({ shares: 2 })
  clouds[0].latencyMs = 70
  expect(await opened()).toBe(70)
  expect(unwraps(clouds)).toEqual([1, 1, 0])
})

test('with one of three clouds stalled, two shares take the delay and one call', async () => {
  const { clouds, opened, clock } = await scene({ shares: 2 })
  clouds[1].latencyMs = Number.POSITIVE_INFINITY
  expect(await opened()).toBe(120)
  expect(unwraps(clouds)).toEqual([1, 1, 1])
  expect(await opened()).toBe(20)
  expect(unwraps(clouds)).toEqual([2, 1, 2])
  await clock.pass(0)
  expect(clock.sleeping()).toBe(0)
})

test('a share that fails starts the next cloud at once', async () => {
  const { clouds, opened } = await scene({ shares: 2 })
  clouds[0].failure = 'access-denied'
  expect(await opened()).toBe(40)
  expect(unwraps(clouds)).toEqual([1, 1, 1])
})

test('two failures of three leave too few shares, and who still runs is not waited for', async () => {
  const { clouds, opened, clock } = await scene({ shares: 2 })
  clouds[0].failure = 'access-denied'
  clouds[1].failure = 'access-denied'
  clouds[2].latencyMs = Number.POSITIVE_INFINITY
  const startedMs = clock.now()
  expect(await opened()).toBe('access-denied')
  expect(clock.now() - startedMs).toBe(20)
  expect(unwraps(clouds)).toEqual([1, 1, 1])
  expect(clouds[2].signals.at(-1)?.aborted).toBe(true)
  await clock.pass(0)
  expect(clock.sleeping()).toBe(0)
})

test('another region of a group stands in for a stalled one where no other group is left', async () => {
  const clock = virtualClock()
  const [west, east, vault] = ['west', 'east', 'vault'].map((name) => cloud(name, clock, calm))
  if (west === undefined || east === undefined || vault === undefined) throw new Error('three')
  const groups = [[west.kek, east.kek], [vault.kek]]
  const keys = keyring({ groups, threshold: 2, openStrategy: hedged({ clock }) })
  const sealed = await clock.run(seal('x', { keys }))
  west.latencyMs = Number.POSITIVE_INFINITY
  const startedMs = clock.now()
  await clock.run(open(sealed, { keys }))
  expect(clock.now() - startedMs).toBe(120)
  expect(unwraps([west, east, vault])).toEqual([1, 1, 1])
})

test('the regions of a group are not asked at once where another group is left', async () => {
  const clock = virtualClock()
  const all = ['west', 'east', 'vault'].map((name) => cloud(name, clock, calm))
  const [west, east, vault] = all.map(({ kek }) => kek)
  if (west === undefined || east === undefined || vault === undefined) throw new Error('three')
  const groups = [[west, east], [vault]]
  const keys = keyring({ groups, threshold: 2, openStrategy: hedged({ clock }) })
  await clock.run(open(await clock.run(seal('x', { keys })), { keys }))
  expect(unwraps(all)).toEqual([1, 0, 1])
})

/** The same clouds as in another process, which has connected none of them yet. */
function anew(names: readonly string[], clock: VirtualClock): readonly Cloud[] {
  return names.map((name) => cloud(name, clock, calm))
}

for (const stalled of [0, 1]) {
  test(`a cloud that hangs in connecting (${stalled}) is waited for no longer than the delay, and once`, async () => {
    const { clock, sealed } = await scene()
    const clouds = anew(['a', 'b', 'c'], clock)
    const [first] = clouds.slice(stalled)
    if (first === undefined) throw new Error('one')
    first.connectMs = Number.POSITIVE_INFINITY
    const keys = keyring({ open: clouds.map(({ kek }) => kek), openStrategy: hedged({ clock }) })
    const times: number[] = []
    for (let time = 0; time < 2; time++) {
      const startedMs = clock.now()
      await clock.run(open(sealed, { keys }))
      times.push(clock.now() - startedMs)
    }
    expect(times).toEqual([120, 20])
    expect(unwraps(clouds)).toEqual(stalled === 0 ? [0, 2, 0] : [2, 0, 0])
    await clock.pass(0)
    expect(clock.sleeping()).toBe(0)
  })
}

test('a connection that hangs is waited for once in an open, however soon it has its turn again', async () => {
  const { clock, sealed } = await scene()
  const clouds = anew(['a', 'b', 'c'], clock)
  const [hanging, refusing] = clouds
  if (hanging === undefined || refusing === undefined) throw new Error('two')
  hanging.connectMs = Number.POSITIVE_INFINITY
  refusing.failure = 'access-denied'
  refusing.latencyMs = 50
  const openStrategy = hedged({ clock, againAfterMs: 1 })
  const keys = keyring({ open: clouds.map(({ kek }) => kek), openStrategy })
  const startedMs = clock.now()
  await clock.run(open(sealed, { keys }))
  expect(clock.now() - startedMs).toBe(170)
})

test('a cloud that connects late joins in', async () => {
  const { clock, sealed } = await scene()
  const clouds = anew(['a', 'b'], clock)
  const [slow, stalled] = clouds
  if (slow === undefined || stalled === undefined) throw new Error('two')
  slow.connectMs = 300
  stalled.latencyMs = Number.POSITIVE_INFINITY
  const keys = keyring({ open: clouds.map(({ kek }) => kek), openStrategy: hedged({ clock }) })
  const startedMs = clock.now()
  await clock.run(open(sealed, { keys }))
  expect(clock.now() - startedMs).toBe(320)
  expect(unwraps(clouds)).toEqual([1, 1])
})

test('fifty opens at once are one hedged call for all through the cache', async () => {
  const { clock, clouds, sealed } = await scene()
  clouds[0].latencyMs = Number.POSITIVE_INFINITY
  const keys = keyring({ open: clouds.map(({ kek }) => kek), openStrategy: hedged({ clock }), cache: {} })
  await clock.run(Promise.all(Array.from({ length: 50 }, () => open(sealed, { keys }))))
  expect(unwraps(clouds)).toEqual([1, 1, 0])
})

for (const [field, value] of [
  ['afterMs', 0],
  ['afterMs', 1.5],
  ['againAfterMs', 86_400_001],
] as const) {
  test(`${field} of ${value} is refused by name`, async () => {
    const failure = await failureOf((async () => hedged({ [field]: value }))())
    expect([failure.code, failure.details.field]).toEqual(['configuration', field])
  })
}
