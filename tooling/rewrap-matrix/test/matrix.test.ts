import type { Kek } from '@keywright/core'
import { expect, test } from 'vitest'
import { move, proved } from '../src/matrix/move.ts'
import { cells } from '../src/matrix/variation.ts'
import { started } from './started.ts'

const { has, newKey } = await started()
const helpers = [await newKey('local'), await newKey('local')] as const

for (const { from, to, variation, letters } of cells) {
  test.runIf(has(from) && has(to))(`${from} → ${to} (${letters})`, async () => {
    expect(await move({ from: await newKey(from), to: await newKey(to), helpers, variation })).toEqual(proved)
  })
}

/** A KEK that wraps nothing: it puts what the old key wrapped under the new key's name. */
function renaming(next: Kek, old: Kek): Kek {
  const { unwrapKey } = old
  let seen: Parameters<typeof unwrapKey>[0] | undefined
  Object.assign(old, {
    unwrapKey: (request: Parameters<typeof unwrapKey>[0]) => {
      seen = { ...request, wrapped: request.wrapped.slice() }
      return unwrapKey(request)
    },
  })
  return {
    ...next,
    wrapKey: async (request) => {
      const answer = await next.wrapKey(request)
      return { ...answer, wrapped: seen?.wrapped ?? answer.wrapped }
    },
    unwrapKey: (request) => unwrapKey(seen ?? request),
  }
}

test.each([
  ['compact', false],
  ['file', false],
  ['compact', true],
] as const)('a rewrap that only renames the reference is found out: %s, k of n: %s', async (layout, kOfN) => {
  const variation = { layout, kOfN, withheld: false, shared: false }
  const [from, to] = [await newKey('gcp-kms'), await newKey('vault-transit')]
  const proof = await move({ from, to, helpers, variation, target: renaming })
  // It deceives `inspect`, and a rewrap whose own check it answers itself; neither a reader nor a search for the bytes.
  expect(proof).toEqual({ ...proved, newReaderOpens: false, oldBytesGone: false })
})

test('a new reader who opens by the old grant alone is found out', async () => {
  const variation = { layout: 'compact', kOfN: false, withheld: false, shared: false } as const
  const [from, to] = [await newKey('gcp-kms'), await newKey('gcp-kms')]
  // One principal has both keys here: the old grant is that to the new key too.
  const proof = await move({ from: { ...from, disable: undefined }, to, helpers, variation })
  expect(proof).toEqual({ ...proved, newReaderOpens: false })
})
