import { type Kek, type Provider, provider } from '@keywright/core'
import { expect, test } from 'vitest'
import { health, resilientProvider, type WithResilience } from '../src/index.ts'
import { failureOf } from './failure-of.ts'
import { virtualClock } from './virtual-clock.ts'

interface Options {
  readonly key: string
}

/** A provider of keys that cannot be connected, and how often that was tried. */
function down(): { readonly make: Provider<WithResilience<Options>>; readonly connections: () => number } {
  let connections = 0
  const make = resilientProvider<Options>({
    scheme: 'down',
    parseUri: ({ reference }) => ({ key: reference }),
    describeOptions: ({ key }) => key,
    connect: async () => {
      connections++
      throw new Error('nobody there')
    },
    classify: () => ({ code: 'unavailable' }),
  })
  return { make, connections: () => connections }
}

test('a KEK of such a provider wears the policy, with the bounds that it was given', async () => {
  const { make, connections } = down()
  const clock = virtualClock()
  const kek = make({ key: 'k', resilience: { clock, attempts: 3, random: () => 0.5 } })
  expect(kek.uri).toBe('down://k')
  const failure = await failureOf(clock.run(kek.describeKey()))
  expect(failure.details.attempts).toBe(3)
  expect(connections()).toBe(3)
})

test('one made from a URI or without further options has the default bounds', () => {
  const { make } = down()
  for (const kek of [
    make.fromUri('down://k'),
    make({ key: 'k' }),
    make({ key: 'k', resilience: undefined }),
  ]) {
    expect(kek.uri).toBe('down://k')
    expect(health(kek)).toMatchObject({ breaker: 'closed', statistics: { operations: 0 } })
  }
})

test('with false it is bare, and one call is one try', async () => {
  const { make, connections } = down()
  const kek: Kek = make({ key: 'k', resilience: false })
  expect(health(kek)).toBeUndefined()
  expect((await failureOf(kek.describeKey())).code).toBe('unavailable')
  expect(connections()).toBe(1)
})

test('what core refuses and what the policy refuses are both told at the call', async () => {
  const { make } = down()
  expect((await failureOf((async () => make.fromUri('other://k'))())).code).toBe('configuration')
  const failure = await failureOf((async () => make({ key: 'k', resilience: { attempts: 0 } }))())
  expect(failure.details.field).toBe('attempts')
})

test('it stands where a provider of core stands', () => {
  const { make } = down()
  const either: Provider<Options>[] = [make, provider<Options>({ ...definition })]
  expect(either.map(({ scheme }) => scheme)).toEqual(['down', 'plain'])
})

const definition = {
  scheme: 'plain',
  parseUri: ({ reference }: { readonly reference: string }): Options => ({ key: reference }),
  describeOptions: ({ key }: Options): string => key,
  connect: async (): Promise<never> => {
    throw new Error('nobody there')
  },
  classify: () => ({ code: 'unavailable' as const }),
}
