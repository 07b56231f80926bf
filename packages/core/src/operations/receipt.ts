import type { Header } from '../format/header.ts'
import type { Slot } from '../format/key-table.ts'
import { formatKeyUri } from '../provider/key-uri.ts'

/** A slot as a receipt records it; all of it stood in the open in the header. */
export interface SlotRecord {
  /** Key URI of its KEK; `scheme:concealed` where neither the slot nor a configured KEK names it. */
  readonly key: string
  readonly keyVersion: string
  readonly algorithm: string
  /** The wrapped key in base64: what to ask the old KEK with, to see that it refuses. */
  readonly wrapped: string
}

/** What a rewrap did, and what it proved. */
export interface RewrapReceipt {
  /**
   * `verified`: every new slot was unwrapped and checked. `pending`: a new slot was added unseen, the old one stays
   * until the rewrap is finished. `unchanged`: the slots were as wanted already.
   */
  readonly outcome: 'verified' | 'pending' | 'unchanged'
  /**
   * The weakest check that the keys passed: the body's commitment, the header's key check, the check of one share,
   * or none because no key was seen.
   */
  readonly checked: 'commitment' | 'key-check' | 'share-check' | 'none'
  /** The DEK's public identity, hexadecimal; a shared DEK shows it in all of its envelopes. */
  readonly keyCheck: string
  readonly dekUse: 'single' | 'shared'
  readonly added: readonly SlotRecord[]
  readonly dropped: readonly SlotRecord[]
  readonly kept: readonly SlotRecord[]
  /** Whether old KEKs were asked for the dropped slots: only `proveLockOut` does that, once their grants are gone. */
  readonly lockOut: 'not-tried'
}

/**
 * The record of a slot.
 *
 * @param slot plain or concealed
 * @param uri the KEK's canonical URI where it is known
 */
export function slotRecord(slot: Slot, uri?: string): SlotRecord {
  const named = typeof slot.reference === 'string' ? formatKeyUri(slot.scheme, slot.reference) : undefined
  return {
    key: named ?? uri ?? `${slot.scheme}:concealed`,
    keyVersion: slot.keyVersion,
    algorithm: slot.algorithm,
    wrapped: Buffer.from(slot.wrapped).toString('base64'),
  }
}

/** The DEK's public identity as text. */
export function keyCheckText(header: Pick<Header, 'keyCheck'>): string {
  return Buffer.from(header.keyCheck).toString('hex')
}
