import { type KeyringOptions, keyring, open, seal } from '@keywright/core'
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
  /** Whether it is another region of the cloud before it. */
  region: fc.boolean(),
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
        const grouped = (clouds: readonly Cloud[]): readonly (readonly Cloud[])[] => {
          const groups: Cloud[][] = []
          for (const [at, one] of clouds.entries()) {
            const last = groups.at(-1)
            if (last === undefined || behaviours[at]?.region !== true) groups.push([one])
            else last.push(one)
          }
          return groups
        }
        const sealers = anew(behaviours.length, clock, false)
        const k = Math.min(1 + wanted, grouped(sealers).length)
        const ring = (clouds: readonly Cloud[]): Pick<KeyringOptions, 'seal' | 'groups' | 'threshold'> =>
          k === 1
            ? { seal: clouds.map(({ kek }) => kek) }
            : { groups: grouped(clouds).map((group) => group.map(({ kek }) => kek)), threshold: k }
        const sealed = await clock.run(seal('x', { keys: keyring(ring(sealers)) }))
        const clouds = anew(behaviours.length, clock, policy)
        for (const [at, one] of clouds.entries()) Object.assign(one, behaviours[at])
        const keys = keyring({ ...ring(clouds), openStrategy: hedged({ clock }) })
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
        const helping = grouped(clouds).filter((group) => group.some((one) => able(one, limitMs)))
        const enough = k === 1 ? helping.length > 0 : helping.length >= k
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
