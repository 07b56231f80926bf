import { KeywrightError } from '../errors.ts'
import type { Header } from '../format/header.ts'
import type { KeyPolicy } from '../keyring/policy.ts'
import { type Candidate, canonicalName, matchingSlots } from '../keyring/slot-matching.ts'
import type { Kek } from '../provider/contract.ts'
import { checkRewrap } from './rewrap-steps.ts'
import type { RewrapTableOptions } from './rewrap-table.ts'

/** What is known before the first call to a key manager. */
export interface RewrapPlan {
  /** Position of the group that is worked on. */
  readonly group: number
  /** Slots of `from`, by which the key is unwrapped, and which go in the end; none when all was done before. */
  readonly sources: readonly Candidate[]
  /** Slots that `to` has already: of the group that is worked on, or for a removal of any. */
  readonly present: readonly Candidate[]
  readonly targets: readonly Kek[]
  readonly removes: boolean
}

/**
 * Finds the slots that a rewrap works on, and checks what can be checked before a key is touched.
 *
 * @throws KeywrightError as `rewrapKeyTable`
 */
export async function planRewrap(
  header: Header,
  options: RewrapTableOptions,
  naming: Pick<KeyPolicy, 'concealKey'>,
): Promise<RewrapPlan> {
  const slotsOf = async (keks: readonly Kek[]): Promise<readonly Candidate[]> => {
    const found = await Promise.all(
      keks.map((kek) => matchingSlots(kek, header.keyTable, naming, options.signal)),
    )
    return found.flat()
  }
  const targets = [...new Set([options.to].flat())]
  if (targets.length === 0)
    throw new KeywrightError('invalid-argument', 'a rewrap names keys', { field: 'to' })
  const sources = await slotsOf([options.from].flat())
  const held = await slotsOf(targets)
  // A rewrap that was done before has no source left, and its targets hold the key: a run that is repeated, over
  // millions of rows or a folder, leaves what it finished as it is.
  const done = sources.length === 0 && targets.every((kek) => held.some((candidate) => candidate.kek === kek))
  const [first] = done ? held : sources
  if (first === undefined) throw noSlot('from')
  if (sources.some(({ group }) => group !== first.group)) {
    const message = 'the keys given have slots in several groups: rewrap one group at a time'
    throw new KeywrightError('invalid-argument', message, { field: 'from' })
  }
  const removes = options.step === 'remove'
  // A removal verifies what its targets hold anywhere; everything else concerns one group.
  const present = removes ? held : held.filter(({ group }) => group === first.group)
  if (held.length > present.length) {
    const message = 'a key to rewrap to holds a share of another group, and no reader would count both'
    throw new KeywrightError('policy-mismatch', message, { field: 'to' })
  }
  if (!removes) await refuseOneTargetTwice(targets, options.signal)
  await checkRewrap(header, options, { sources, present, targets, removes })
  return { group: first.group, sources, present, targets, removes }
}

/** One KEK under two names would get two slots of one name. */
async function refuseOneTargetTwice(targets: readonly Kek[], signal: AbortSignal | undefined): Promise<void> {
  if (targets.length === 1) return
  const names = new Set<string>()
  for (const kek of targets) names.add(canonicalName({ kek, identity: await kek.connect({ signal }) }))
  if (names.size === targets.length) return
  throw new KeywrightError('invalid-argument', 'two of the keys to rewrap to are one', { field: 'to' })
}

/** The error for keys that have no slot where they need one. */
export function noSlot(field: 'from' | 'to'): KeywrightError {
  const message =
    field === 'from'
      ? 'none of the keys to rewrap from has a slot in this envelope'
      : 'none of the keys that are to remain has another slot in this envelope'
  return new KeywrightError('no-matching-key', message, { field })
}
