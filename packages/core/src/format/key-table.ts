import { KeywrightError } from '../errors.ts'
import { limits } from '../limits.ts'
import { sameBytes } from './byte-strings.ts'
import { type CborValue, decodeCbor, encodeCbor } from './cbor.ts'
import { utf8Length } from './context.ts'

/** One DEK, or one share of it, wrapped by one KEK (KW-TAB-5). */
export interface Slot {
  /** 0 plain, 1 concealed; others are carried along and skipped. */
  readonly kind: number
  readonly scheme: string
  /** Text names the KEK; bytes conceal it. */
  readonly reference: string | Uint8Array
  /** Empty when the key manager does not tell one. */
  readonly keyVersion: string
  readonly algorithm: string
  readonly wrapped: Uint8Array
}

/** Slots of which any one will do. */
export interface SlotGroup {
  /** The share's x coordinate, 1 to 255; 0 in a table without shares. */
  readonly index: number
  /** 16 bytes; empty in a table without shares. */
  readonly shareCheck: Uint8Array
  readonly slots: readonly Slot[]
}

/** The mutable part of a header. */
export interface KeyTable {
  /** Groups that must agree. */
  readonly threshold: number
  readonly groups: readonly SlotGroup[]
}

/** Reference kinds. */
export const slotKind = { plain: 0, concealed: 1 } as const

/** Bytes of a concealed reference. */
export const concealedReferenceBytes = 8

const keys = { threshold: 1, groups: 2 } as const

/**
 * Encodes a key table.
 *
 * @param table of a valid shape; shapes and limits are checked all the same, before the first write
 * @throws KeywrightError `limit-exceeded` or `malformed-envelope`, with field `keyTable`
 */
export function encodeKeyTable(table: KeyTable): Uint8Array {
  checkKeyTable(table)
  const groups = table.groups.map((group) => [
    group.index,
    group.shareCheck,
    group.slots.map((slot) => [
      slot.kind,
      slot.scheme,
      slot.reference,
      slot.keyVersion,
      slot.algorithm,
      slot.wrapped,
    ]),
  ])
  const bytes = encodeCbor(
    new Map<number, CborValue>([
      [keys.threshold, table.threshold],
      [keys.groups, groups],
    ]),
  )
  if (bytes.length > limits.keyTableBytes) throw overLimit(`has at most ${limits.keyTableBytes} bytes`)
  return bytes
}

/**
 * Decodes a key table, the inverse of {@link encodeKeyTable}.
 *
 * @param bytes at most 65,536
 * @throws KeywrightError `malformed-envelope` or `limit-exceeded`, with field `keyTable`
 */
export function decodeKeyTable(bytes: Uint8Array): KeyTable {
  const map = decodeCbor(bytes, 'keyTable')
  if (!(map instanceof Map) || map.size !== 2) throw malformed('is a map of two items')
  const threshold = map.get(keys.threshold)
  const groups = map.get(keys.groups)
  if (typeof threshold !== 'number' || !Array.isArray(groups)) throw malformed('has a threshold and groups')
  const table = { threshold, groups: (groups as readonly CborValue[]).map(decodeGroup) }
  checkKeyTable(table)
  return table
}

function decodeGroup(value: CborValue): SlotGroup {
  const [index, shareCheck, slots] = items(value, 3)
  if (typeof index !== 'number' || !(shareCheck instanceof Uint8Array) || !Array.isArray(slots)) {
    throw malformed('has groups of index, share check and slots')
  }
  return { index, shareCheck, slots: (slots as readonly CborValue[]).map(decodeSlot) }
}

function decodeSlot(value: CborValue): Slot {
  const [kind, scheme, reference, keyVersion, algorithm, wrapped] = items(value, 6)
  const named = typeof reference === 'string' || reference instanceof Uint8Array
  if (
    typeof kind !== 'number' ||
    typeof scheme !== 'string' ||
    !named ||
    typeof keyVersion !== 'string' ||
    typeof algorithm !== 'string' ||
    !(wrapped instanceof Uint8Array)
  ) {
    throw malformed('has slots of six items of their types')
  }
  return { kind, scheme, reference, keyVersion, algorithm, wrapped }
}

function items(value: CborValue, count: number): readonly CborValue[] {
  if (!Array.isArray(value) || value.length !== count)
    throw malformed('has a list of another length than specified')
  return value as readonly CborValue[]
}

/** KW-TAB-1 to 9, the same for what is read and what is about to be written. */
function checkKeyTable({ threshold, groups }: KeyTable): void {
  if (groups.length > limits.groups) throw overLimit(`has at most ${limits.groups} groups`)
  if (groups.length === 0 || threshold < 1 || threshold > groups.length) throw malformed('has too few groups')
  if (threshold === 1 && groups.length > 1) throw malformed('has one group when one is enough')
  const slots = groups.flatMap((group) => group.slots)
  if (slots.length > limits.slots) throw overLimit(`has at most ${limits.slots} slots`)
  let previous = 0
  for (const { index, shareCheck, slots: members } of groups) {
    if (members.length === 0) throw malformed('has a group without slots')
    if (threshold === 1) {
      if (index !== 0 || shareCheck.length !== 0) throw malformed('has a share where there is none')
      continue
    }
    if (index <= previous || index > 255)
      throw malformed('has group indices from 1 to 255 in ascending order')
    if (shareCheck.length !== limits.keyCheckBytes) throw malformed('has share checks of 16 bytes')
    previous = index
  }
  for (const [at, slot] of slots.entries()) {
    checkSlot(slot)
    if (slots.slice(0, at).some((other) => sameSlotName(other, slot))) throw malformed('names one slot twice')
  }
}

function checkSlot(slot: Slot): void {
  const { kind, reference } = slot
  if (kind === slotKind.plain && typeof reference !== 'string')
    throw malformed('has a plain reference in text')
  if (kind === slotKind.concealed) {
    if (typeof reference === 'string' || reference.length !== concealedReferenceBytes) {
      throw malformed('has a concealed reference of 8 bytes')
    }
  }
  checkLength('scheme', utf8Length(slot.scheme), 1, limits.schemeBytes)
  checkLength(
    'reference',
    typeof reference === 'string' ? utf8Length(reference) : reference.length,
    1,
    limits.referenceBytes,
  )
  checkLength('key version', utf8Length(slot.keyVersion), 0, limits.keyVersionBytes)
  checkLength('algorithm', utf8Length(slot.algorithm), 1, limits.algorithmBytes)
  checkLength('wrapped key', slot.wrapped.length, 1, limits.wrappedBytes)
}

function checkLength(what: string, length: number, least: number, most: number): void {
  if (length < least) throw malformed(`has an empty ${what}`)
  if (length > most) throw overLimit(`has a ${what} of at most ${most} bytes`)
}

/** Whether two slots are equal in everything but the wrapped key, and so would be one slot written twice. */
export function sameSlotName(a: Slot, b: Slot): boolean {
  return (
    a.kind === b.kind &&
    a.scheme === b.scheme &&
    a.keyVersion === b.keyVersion &&
    a.algorithm === b.algorithm &&
    sameReference(a.reference, b.reference)
  )
}

function sameReference(a: string | Uint8Array, b: string | Uint8Array): boolean {
  if (typeof a === 'string' || typeof b === 'string') return a === b
  return sameBytes(a, b)
}

function malformed(rule: string): KeywrightError {
  return new KeywrightError('malformed-envelope', `the key table ${rule}`, { field: 'keyTable' })
}

function overLimit(rule: string): KeywrightError {
  return new KeywrightError('limit-exceeded', `the key table ${rule}`, { field: 'keyTable' })
}
