import { keyring, open, seal } from '@keywright/core'
import fc from 'fast-check'
import { expect } from 'vitest'
import { hedged, type ResilienceOptions } from '../src/index.ts'
import { type Cloud, cloud, unwraps } from './clouds.ts'
import { type VirtualClock, virtualClock } from './virtual-clock.ts'

/** How one cloud behaves: how fast, and whether with a key, with a refusal, or never. */
const behaviour = fc.record({
  latencyMs: fc.constantFrom(0, 1, 20, 99, 100, 101, 250, 4_000, Number.POSITIVE_INFINITY),
  connectMs: fc.constantFrom(0, 0, 0, 50, 150, Number.POSITIVE_INFINITY),
  failure: fc.constantFrom(
    undefined,
    undefined,
    'access-denied',
    'unavailable',
    'unwrap-failed',
    'throttled',
  ),
  deaf: fc.boolean(),
} as const)

const policies = fc.constantFrom<ResilienceOptions | false>(false, { attempts: 1 }, { attempts: 2 })

function anew(count: number, clock: VirtualClock, policy: Parameters<typeof cloud>[2]): readonly Cloud[] {
  return Array.from({ length: count }, (_, at) => cloud(`k${at}`, clock, policy))
}

/** Whether a cloud gives its key if it is given the time. */
function able({ latencyMs, connectMs, failure }: Cloud, tries: number): boolean {
  return failure === undefined && latencyMs < tries && connectMs < tries
}

/**
 * Opens envelopes of one to five clouds that behave at random: an open succeeds exactly if enough KEKs can, with no more
 * calls than slots, and leaves no timer, no data key and no unhandled rejection.
 */
export async function checkHedging(numRuns: number): Promise<void> {
  const unhandled: unknown[] = []
  const note = (error: unknown): void => void unhandled.push(error)
  process.on('unhandledRejection', note)
  await fc.assert(
    fc.asyncProperty(
      fc.array(behaviour, { minLength: 1, maxLength: 5 }),
      fc.nat(3),
      policies,
      async (behaviours, wanted, policy) => {
        const clock = virtualClock()
        const k = behaviours.length > 1 ? Math.min(1 + wanted, behaviours.length) : 1
        const sealers = anew(behaviours.length, clock, false).map(({ kek }) => kek)
        const groups = sealers.map((kek) => [kek])
        const sealed = await clock.run(
          seal('x', { keys: keyring(k === 1 ? { seal: sealers } : { groups, threshold: k }) }),
        )
        const clouds = anew(behaviours.length, clock, policy)
        for (const [at, one] of clouds.entries()) Object.assign(one, behaviours[at])
        const keys = keyring({ open: clouds.map(({ kek }) => kek), openStrategy: hedged({ clock }) })
        // A caller has a deadline of its own: without a policy a KEK may be silent for ever.
        const caller = new AbortController()
        const giveUp = new AbortController()
        void clock.sleep(60_000, giveUp.signal).then(() => caller.abort())
        const outcome = await clock.run(
          open(sealed, { keys, signal: caller.signal }).then(
            () => 'ok',
            () => 'failed',
          ),
        )
        giveUp.abort()
        const limitMs = policy === false ? 60_000 : 3_000
        const enough = clouds.filter((one) => able(one, limitMs)).length >= k
        expect(outcome).toBe(enough ? 'ok' : 'failed')
        const tries = policy === false ? 1 : (policy.attempts ?? 4)
        for (const calls of unwraps(clouds)) expect(calls).toBeLessThanOrEqual(tries)
        await clock.pass(60_000)
        expect(clock.sleeping()).toBe(0)
        expect(
          clouds.flatMap(({ dataKeys }) => dataKeys).every((key) => key.every((byte) => byte === 0)),
        ).toBe(true)
      },
    ),
    { numRuns },
  )
  process.off('unhandledRejection', note)
  expect(unhandled).toEqual([])
}
