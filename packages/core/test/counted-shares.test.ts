import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Claim, countedShares, usefulClaims } from '../src/keyring/counted-shares.ts'

const claim = (from: number, group: number, by = `k${from}`): Claim => ({ from, group, by })

/** The same by trying every choice. */
function mostOf(claims: readonly Claim[]): number {
  const [first, ...rest] = claims
  if (first === undefined) return 0
  const without = rest.filter(({ from, group }) => from !== first.from && group !== first.group)
  return Math.max(mostOf(rest), 1 + mostOf(without))
}

const claims = fc.array(
  fc
    .record({ from: fc.nat(4), group: fc.nat(4), by: fc.constant('') })
    .map(({ from, group }) => claim(from, group)),
  { maxLength: 12 },
)

test('as many shares count as any choice could make count, one for a group on either side', () => {
  fc.assert(
    fc.property(claims, (given) => {
      const counted = countedShares(given)
      expect(counted).toHaveLength(mostOf(given))
      expect(new Set(counted.map(({ from }) => from)).size).toBe(counted.length)
      expect(new Set(counted.map(({ group }) => group)).size).toBe(counted.length)
      expect(counted.every((one) => given.includes(one))).toBe(true)
    }),
  )
})

test('following useful claims one by one, until there is none, brings every number of shares that can be had', () => {
  fc.assert(
    fc.property(
      claims,
      fc.integer({ min: 1, max: 5 }),
      fc.infiniteStream(fc.boolean()),
      (given, k, coins) => {
        let open = [...given]
        const held: Claim[] = []
        const failed: Claim[] = []
        while (countedShares(held).length < k) {
          const [next] = usefulClaims(open, [], held, k)
          if (next === undefined) break
          open = open.filter((one) => one !== next)
          if (coins.next().value) held.push(next)
          else failed.push(next)
        }
        const most = mostOf(given.filter((one) => !failed.includes(one)))
        expect(countedShares(held).length >= k).toBe(most >= k)
      },
    ),
  )
})

test('a KEK under two names counts for the first group that names it', () => {
  const twice = [claim(0, 0, 'same'), claim(3, 1, 'same')]
  expect(countedShares(twice)).toHaveLength(1)
  expect(countedShares([...twice, claim(1, 2)])).toHaveLength(2)
})

test('a claim that would leave another group without a partner is not useful', () => {
  const [either, only] = [[claim(0, 0), claim(0, 1)], claim(1, 0)]
  expect(usefulClaims([...either, only], [], [], 2)).toEqual([claim(0, 1), only])
})

test('where the shares held are in the way of the only choice left, the claims of that choice are useful', () => {
  expect(usefulClaims([claim(0, 1), claim(1, 0)], [], [claim(0, 0)], 2)).toEqual([claim(0, 1), claim(1, 0)])
})
