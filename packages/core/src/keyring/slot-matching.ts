import { KeywrightError } from '../errors.ts'
import { sameBytes } from '../format/byte-strings.ts'
import { concealedReference } from '../format/key-checks.ts'
import { type KeyTable, type Slot, slotKind } from '../format/key-table.ts'
import { printable } from '../printable.ts'
import type { Capabilities, Kek, KekIdentity } from '../provider/contract.ts'
import { formatKeyUri } from '../provider/key-uri.ts'
import type { KeyPolicy } from './policy.ts'

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
 * Whether slots that anyone with a public key can make would be used beside others: else a forger would need no
 * permission at all (KW-REG-3).
 *
 * @param keks every KEK of a keyring
 */
export async function mixesAuthenticity(
  keks: readonly Kek[],
  signal: AbortSignal | undefined,
): Promise<boolean> {
  // A KEK that cannot say what it is counts as one that would make the keyring a mixed one.
  const answers = await Promise.all(
    keks.map((kek) => kek.connect({ signal }).then(authenticity, () => 'unknown')),
  )
  return answers.some((answer) => answer !== 'public-key')
}

/** Who can make slots that a KEK accepts. */
export function authenticity({ capabilities }: KekIdentity): Capabilities['wrapAuthenticity'] {
  return capabilities.wrapAuthenticity
}

/** The error for a table that has no slots, or too few, of the configured KEKs. */
export function noMatch(table: KeyTable): KeywrightError {
  const schemes = [
    ...new Set(table.groups.flatMap(({ slots }) => slots.map(({ scheme }) => printable(scheme)))),
  ]
  const message = `no configured key matches enough slots of this envelope (its slots are of ${schemes.join(', ')})`
  return new KeywrightError('no-matching-key', message, { field: 'keys' })
}
