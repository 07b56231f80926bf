import { keyring, open, seal } from '@keywright/core'
import { expect, test } from 'vitest'
import { hedged } from '../src/index.ts'
import { cloud, unwraps } from './clouds.ts'
import { virtualClock } from './virtual-clock.ts'

test('who is asked in the place of a failed one has the whole delay to answer in', async () => {
  const clock = virtualClock()
  const clouds = ['a', 'b', 'c'].map((name) => cloud(name, clock, false))
  const keys = keyring({ seal: clouds.map(({ kek }) => kek), openStrategy: hedged({ clock }) })
  const sealed = await clock.run(seal('x', { keys }))
  const [failing, slow] = clouds
  Object.assign(failing ?? {}, { latencyMs: 80, failure: 'unavailable' })
  Object.assign(slow ?? {}, { latencyMs: 90 })
  const startedMs = clock.now()
  await clock.run(open(sealed, { keys }))
  expect(clock.now() - startedMs).toBe(170)
  expect(unwraps(clouds)).toEqual([1, 1, 0])
})
