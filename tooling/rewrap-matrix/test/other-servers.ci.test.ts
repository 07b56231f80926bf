import { expect, test } from 'vitest'
import { otherServerStarts } from '../src/key-managers/index.ts'
import { move, proved } from '../src/matrix/move.ts'
import { cells } from '../src/matrix/variation.ts'
import { insideTests } from './inside-tests.ts'
import { started } from './started.ts'

const ours = await started()
const others = await started(otherServerStarts)
const helpers = [await ours.newKey('local'), await ours.newKey('local')] as const

/** Every cell in which at least one side can be a server of another make, once with each side being it. */
const pairs = cells.flatMap(({ from, to, variation }) =>
  [
    [others.has(from), false] as const,
    [false, others.has(to)] as const,
    [others.has(from), others.has(to)] as const,
  ]
    .filter(([source, target], at) => (at === 2 ? source && target : source || target))
    .map(([source, target]) => {
      const [one, other] = [source ? others : ours, target ? others : ours]
      const name = (scheme: string, started: typeof ours): string =>
        `${scheme} by ${started.managers.get(scheme)?.backend}`
      return { title: `${name(from, one)} → ${name(to, other)}`, from, to, one, other, variation }
    }),
)

test.each(pairs)('$title', async ({ from, to, one, other, variation }) => {
  const [source, target] = [await one.newKey(from), await other.newKey(to)]
  const expected = source.revoke === undefined ? { ...proved, oldRefused: undefined } : proved
  expect(await move({ from: source, to: target, helpers, variation })).toEqual(expected)
})

// moto tells no versions, and so has no slot of a new one.
const [moto, engine] = [others.managers.get('aws-kms'), others.managers.get('vault-transit')]
if (moto !== undefined) insideTests(others, [[moto, 'another key']])
if (engine !== undefined) insideTests(others, [[engine, 'a new version']])
