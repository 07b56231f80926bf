/** A share, or a slot that may give one. */
export interface Claim {
  /** The configured group of its KEK. */
  readonly from: number
  /** Position of its group in the table. */
  readonly group: number
  /** Canonical name of its KEK. */
  readonly by: string
}

/**
 * The most of given shares that count together: one for each configured group, one for each group of the table, and
 * one for each KEK, whatever names it goes by (KW-KOF-7). A largest matching of a bipartite graph by augmenting paths
 * (Kuhn 1955); taking what comes first could leave a group without a partner that another one could do without.
 *
 * @param claims any number of them
 * @returns some of them, no two of one group on either side
 */
export function countedShares<T extends Claim>(claims: readonly T[]): readonly T[] {
  if (claims.length < 2) return claims
  const fromOf = groupOfEachKek(claims)
  const owned = Map.groupBy(claims, ({ by, from }) => fromOf.get(by) ?? from)
  const byGroup = new Map<number, { readonly from: number; readonly claim: T }>()
  const place = (from: number, tried: Set<number>): boolean => {
    for (const claim of owned.get(from) ?? []) {
      if (tried.has(claim.group)) continue
      tried.add(claim.group)
      const holder = byGroup.get(claim.group)
      if (holder === undefined || place(holder.from, tried)) {
        byGroup.set(claim.group, { from, claim })
        return true
      }
    }
    return false
  }
  for (const from of owned.keys()) place(from, new Set())
  return [...byGroup.values()].map(({ claim }) => claim)
}

/**
 * Those of given claims that are worth following: that some choice of k shares holds, and that bring the shares held
 * nearer to k. Where none does both while nothing is under way, those that some choice holds: shares held already may
 * have to make room.
 *
 * @param open claims not followed yet
 * @param underWay claims that may still become shares
 * @param held shares
 * @param k shares wanted
 */
export function usefulClaims<T extends Claim>(
  open: readonly T[],
  underWay: readonly T[],
  held: readonly T[],
  k: number,
): readonly T[] {
  if (k === 1) return held.length === 0 ? open : []
  const possible = [...held, ...underWay, ...open]
  if (countedShares(possible).length < k) return []
  const fromOf = groupOfEachKek(possible)
  const apart = (one: T, other: T): boolean =>
    one.group !== other.group && fromOf.get(one.by) !== fromOf.get(other.by)
  const viable = open.filter((claim) => {
    const beside = possible.filter((other) => apart(claim, other))
    return 1 + countedShares(beside).length >= k
  })
  const now = countedShares(held).length
  const gaining = viable.filter((claim) => countedShares([...held, claim]).length > now)
  return gaining.length > 0 || underWay.length > 0 ? gaining : viable
}

/** The configured group that each KEK counts for: the first one that names it. */
function groupOfEachKek(claims: readonly Claim[]): ReadonlyMap<string, number> {
  const groups = new Map<string, number>()
  for (const { by, from } of claims) groups.set(by, Math.min(from, groups.get(by) ?? from))
  return groups
}
