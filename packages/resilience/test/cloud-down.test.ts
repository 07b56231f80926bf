import { type KeyringOptions, keyring, open, seal } from '@keywright/core'
import { expect, test } from 'vitest'
import { health } from '../src/index.ts'
import { type Cloud, cloud, unwraps } from './clouds.ts'
import { failureOf } from './failure-of.ts'
import { type VirtualClock, virtualClock } from './virtual-clock.ts'

// The policy's own bounds: 10,000 ms for an operation, 3,000 for a try.
const usual = { random: () => 0.5 }

function twoClouds(): { readonly clock: VirtualClock; readonly down: Cloud; readonly up: Cloud } {
  const clock = virtualClock()
  return { clock, down: cloud('down', clock, usual), up: cloud('up', clock, usual) }
}

async function took(clock: VirtualClock, work: () => Promise<unknown>): Promise<number> {
  const startedMs = clock.now()
  await clock.run(work())
  return clock.now() - startedMs
}

test('a cloud that answers nothing costs the open that finds it out one deadline, and no other', async () => {
  const { clock, down, up } = twoClouds()
  const keys = keyring({ seal: [down.kek, up.kek] })
  const sealed = await clock.run(seal('x', { keys }))
  down.latencyMs = Number.POSITIVE_INFINITY
  expect(await took(clock, () => open(sealed, { keys }))).toBe(10_020)
  const [asked] = unwraps([down])
  expect(health(down.kek)?.breaker).toBe('open')
  for (let time = 0; time < 5; time++) expect(await took(clock, () => open(sealed, { keys }))).toBe(20)
  expect(unwraps([down, up])).toEqual([asked, 6])
})

test('so does one that cannot even be connected', async () => {
  const { clock, down, up } = twoClouds()
  const sealed = await clock.run(seal('x', { keys: keyring({ seal: [up.kek] }) }))
  down.connectMs = Number.POSITIVE_INFINITY
  const keys = keyring({ open: [down.kek, up.kek] })
  expect(await took(clock, () => open(sealed, { keys }))).toBe(10_020)
  for (let time = 0; time < 3; time++) expect(await took(clock, () => open(sealed, { keys }))).toBe(20)
  expect(health(down.kek)?.breaker).toBe('open')
})

test('a slow key manager that answers within the deadline is not taken for one that is down', async () => {
  const { clock, down } = twoClouds()
  const keys = keyring({ seal: [down.kek] })
  const sealed = await clock.run(seal('x', { keys }))
  down.latencyMs = 2_900
  for (let time = 0; time < 5; time++) await clock.run(open(sealed, { keys }))
  expect(health(down.kek)).toMatchObject({ breaker: 'closed', failuresInARow: 0 })
})

test('refusals between slow tries are answers', async () => {
  const clock = virtualClock()
  const busy = cloud('busy', clock, { random: () => 0.5, deadlineMs: 4_000, attempts: 9, breakerFailures: 9 })
  const keys = keyring({ seal: [busy.kek] })
  const sealed = await clock.run(seal('x', { keys }))
  busy.failure = 'throttled'
  busy.latencyMs = 1_900
  expect((await failureOf(clock.run(open(sealed, { keys })))).code).toBe('timeout')
  expect(health(busy.kek)).toMatchObject({ breaker: 'closed' })
})

/** A keyring that proceeds without a KEK that fails, and what it was told. */
function proceeding(clouds: readonly Cloud[]): {
  readonly keys: ReturnType<typeof keyring>
  readonly warnings: string[]
} {
  const warnings: string[] = []
  const onSealFailure: KeyringOptions['onSealFailure'] = {
    proceed: ({ key, code }) => void warnings.push(`${key} ${code}`),
  }
  return { keys: keyring({ seal: clouds.map(({ kek }) => kek), onSealFailure }), warnings }
}

for (const place of ['first', 'last'] as const) {
  for (const stalls of ['connectMs', 'latencyMs'] as const) {
    test(`a seal that proceeds without the ${place} of its KEKs takes one deadline, and the next one none (${stalls})`, async () => {
      const { clock, down, up } = twoClouds()
      down[stalls] = Number.POSITIVE_INFINITY
      const { keys, warnings } = proceeding(place === 'first' ? [down, up] : [up, down])
      // What the one that is up adds: it wraps while the other is waited for, or once it is known not to connect.
      expect(await took(clock, () => seal('x', { keys }))).toBe(stalls === 'connectMs' ? 10_020 : 10_000)
      expect(warnings).toEqual(['cloud://down timeout'])
      expect(await took(clock, () => seal('x', { keys }))).toBe(20)
      expect(warnings).toEqual(['cloud://down timeout', 'cloud://down unavailable'])
    })
  }
}

test('by default a seal with a KEK down fails within one deadline', async () => {
  const { clock, down, up } = twoClouds()
  down.latencyMs = Number.POSITIVE_INFINITY
  const keys = keyring({ seal: [up.kek, down.kek] })
  const failure = await failureOf(clock.run(seal('x', { keys })))
  expect(failure.code).toBe('timeout')
  expect(clock.now()).toBe(10_000)
  expect(clock.sleeping()).toBe(0)
})

test('shares for several clouds are wrapped at the same time', async () => {
  const { clock, down, up } = twoClouds()
  const keys = keyring({ groups: [[down.kek], [up.kek]], threshold: 2 })
  expect(await took(clock, () => seal('x', { keys }))).toBe(20)
})
