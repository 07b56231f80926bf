import { throwIfAborted } from '../abort.ts'
import { isKeywrightError, KeywrightError, type SlotFailure } from '../errors.ts'
import { sameBytes } from '../format/byte-strings.ts'
import { concealedReference } from '../format/key-checks.ts'
import { type KeyTable, type Slot, slotKind } from '../format/key-table.ts'
import { limits } from '../limits.ts'
import { printable } from '../printable.ts'
import type { Capabilities, Kek, KekIdentity } from '../provider/contract.ts'
import { formatKeyUri } from '../provider/key-uri.ts'
import type { KeyPolicy } from './policy.ts'
import { failureOfAll } from './slot-failures.ts'

/** A slot that a configured KEK recognises as its own. */
export interface Candidate {
  readonly kek: Kek
  readonly identity: KekIdentity
  readonly slot: Slot
  /** Position of the slot's group in the table. */
  readonly group: number
}

/** The canonical URI of a candidate's KEK. One that is configured twice, by an alias and its own name, is one KEK. */
export function canonicalName({ kek, identity }: Pick<Candidate, 'kek' | 'identity'>): string {
  return formatKeyUri(kek.scheme, identity.reference)
}

/** The slots that a keyring may ask for, by the configured group whose one share they can contribute. */
export interface SlotMatch {
  readonly byGroup: readonly (readonly Candidate[])[]
  /** KEKs that could not even be connected. */
  readonly failures: readonly SlotFailure[]
}

/**
 * Matches a table's slots with configured KEKs. A header decides nothing here: references are compared with what is
 * configured, unknown schemes, kinds and algorithms are passed over, and no key operation is made.
 *
 * @throws KeywrightError `policy-mismatch` for a threshold below the reader's; `no-matching-key`; what connecting a KEK
 * answered where it may be the one that is missing; `aborted`
 */
export async function matchSlots(
  table: KeyTable,
  policy: KeyPolicy,
  signal: AbortSignal | undefined,
): Promise<SlotMatch> {
  if (table.threshold < policy.minThreshold) {
    const message = `the envelope asks for ${table.threshold} key groups, this reader for ${policy.minThreshold}`
    throw new KeywrightError('policy-mismatch', message, { field: 'threshold' })
  }
  const failures: SlotFailure[] = []
  const byGroup: (readonly Candidate[])[] = []
  for (const keks of policy.openGroups) {
    const candidates: Candidate[] = []
    for (const kek of keks) candidates.push(...(await ownSlots(kek, table, policy, failures, signal)))
    byGroup.push(candidates)
  }
  const able = byGroup.filter((candidates) => candidates.length > 0)
  // As many groups on either side: shares of one group of the table are one share, whoever unwraps them.
  const inTable = new Set(able.flatMap((candidates) => candidates.map(({ group }) => group)))
  if (Math.min(able.length, inTable.size) < table.threshold) {
    // A KEK that could not be asked may be the one: its own failure is the answer, and may be cured.
    throw failures.length > 0 ? failureOfAll(failures) : noMatch(table)
  }
  await refuseMixedAuthenticity(able.flat(), policy, signal)
  return { byGroup, failures }
}

async function ownSlots(
  kek: Kek,
  table: KeyTable,
  policy: KeyPolicy,
  failures: SlotFailure[],
  signal: AbortSignal | undefined,
): Promise<readonly Candidate[]> {
  try {
    return (await matchingSlots(kek, table, policy, signal)).slice(0, limits.unwrapCallsPerKek)
  } catch (error) {
    if (!isKeywrightError(error) || error.code === 'aborted') throw error
    failures.push({ key: kek.uri, code: error.code })
    return []
  }
}

/**
 * Every slot of a table that is a KEK's own, and of an algorithm that it unwraps.
 *
 * @throws KeywrightError what connecting the KEK answered
 */
export async function matchingSlots(
  kek: Kek,
  table: KeyTable,
  policy: Pick<KeyPolicy, 'concealKey'>,
  signal: AbortSignal | undefined,
): Promise<readonly Candidate[]> {
  const candidates: Candidate[] = []
  for (const [group, { slots }] of table.groups.entries()) {
    for (const slot of slots) {
      if (slot.scheme !== kek.scheme) continue
      const identity = await kek.connect({ signal })
      if (!identity.capabilities.algorithms.includes(slot.algorithm)) continue
      if (await namesKek(slot, kek, identity, policy, signal)) candidates.push({ kek, identity, slot, group })
    }
  }
  return candidates
}

async function namesKek(
  slot: Slot,
  kek: Kek,
  identity: KekIdentity,
  policy: Pick<KeyPolicy, 'concealKey'>,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  if (typeof slot.reference === 'string')
    return slot.kind === slotKind.plain && kek.owns(slot.reference, { signal })
  if (slot.kind !== slotKind.concealed || policy.concealKey === undefined) return false
  const key = await policy.concealKey
  const concealed = await concealedReference(key, slot.wrapped, slot.scheme, identity.reference)
  return sameBytes(concealed, slot.reference)
}

/**
 * Slots that anyone with a public key can make are used beside others only where that was asked for: else a forger
 * would need no permission at all (KW-REG-3).
 */
async function refuseMixedAuthenticity(
  candidates: readonly Candidate[],
  policy: KeyPolicy,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (policy.acceptPublicKeyWrap) return
  if (candidates.every(({ identity }) => authenticity(identity) === 'kek-holder')) return
  for (const kek of policy.openGroups.flat()) {
    // A KEK that cannot say what it is counts as one that would make the keyring a mixed one.
    const other = await kek.connect({ signal }).then(authenticity, () => 'unknown')
    throwIfAborted(signal)
    if (other !== 'public-key') {
      const message =
        'the keyring mixes keys whose slots anyone can make with others: acceptPublicKeyWrap allows it'
      throw new KeywrightError('policy-mismatch', message, { field: 'acceptPublicKeyWrap' })
    }
  }
}

function authenticity(identity: KekIdentity): Capabilities['wrapAuthenticity'] {
  return identity.capabilities.wrapAuthenticity
}

function noMatch(table: KeyTable): KeywrightError {
  const schemes = [
    ...new Set(table.groups.flatMap(({ slots }) => slots.map(({ scheme }) => printable(scheme)))),
  ]
  const message = `no configured key matches enough slots of this envelope (its slots are of ${schemes.join(', ')})`
  return new KeywrightError('no-matching-key', message, { field: 'keys' })
}
