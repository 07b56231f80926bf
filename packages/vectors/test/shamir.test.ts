import { combine } from 'shamir-secret-sharing'
import { expect, test } from 'vitest'
import { allVectors } from '../generate/all.ts'
import { concat, fromHex, hex } from '../generate/bytes.ts'
import * as generator from '../generate/shamir.ts'

const vectors = allVectors().filter((vector) => vector.kind === 'shamir')

function subsets<T>(items: readonly T[], size: number): T[][] {
  if (size === 0) return [[]]
  return items.flatMap((item, i) => subsets(items.slice(i + 1), size - 1).map((rest) => [item, ...rest]))
}

test.each(vectors.map((vector) => [vector.id, vector] as const))(
  'every large enough subset of %s gives the secret back in an independent library',
  async (_, { k, secret, shares }) => {
    const all = shares.map(({ index, share }) => ({ index, share: fromHex(share) }))
    for (const some of subsets(all, k)) {
      // The library keeps the index as the last byte of a share.
      const theirs = some.map(({ index, share }) => concat(share, Uint8Array.of(index)))
      expect(hex(await combine(theirs))).toBe(secret)
      expect(hex(generator.combine(some))).toBe(secret)
    }
  },
)

test.each(vectors.map((vector) => [vector.id, vector] as const))(
  'one share too few of %s gives another value',
  (_, { k, secret, shares }) => {
    const some = shares.slice(0, k - 1).map(({ index, share }) => ({ index, share: fromHex(share) }))
    expect(hex(generator.combine(some))).not.toBe(secret)
  },
)
