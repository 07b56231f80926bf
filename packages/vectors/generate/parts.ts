import type { VectorSlot } from '../src/index.ts'
import { concat, countingBytes, fixedBytes, hex, hexOrRun, utf8 } from './bytes.ts'
import { array, bstr, byEncoding, map, textMap, tstr, uint } from './cbor.ts'
import { concealedReference, contextDigest, hkdfExpand, shareCheckInfo } from './derive.ts'
import type { GroupItems, GroupPlan, KekPlan, Scenario, SlotPlan, TableItems } from './scenario.ts'
import { share } from './shamir.ts'
import { xaesSeal } from './xaes.ts'

export const defaultKek: KekPlan = { name: 'vectors', version: '1' }

export const localAlgorithm = 'local.xaes-256-gcm'

export const kekKey = (kek: KekPlan): Uint8Array => fixedBytes(`local://${kek.name} ${kek.version}`, 32)

/** The DEK of every scenario that does not say otherwise. */
export const defaultDek: Uint8Array = countingBytes(0x00, 32)

/** The salt of every envelope. */
export const fixedSalt: Uint8Array = countingBytes(0x80, 24)

/** The polynomials' coefficients: 32 bytes for each degree from 1 to k - 1. */
export const coefficients = (k: number): Uint8Array[] =>
  Array.from({ length: k - 1 }, (_, i) => fixedBytes(`coefficient ${i + 1}`, 32))

/** KW-PRE-1 to 3. */
export function encodePreamble(scenario: Scenario): Uint8Array {
  const withheld = new Set(scenario.withheld)
  const stored = Object.fromEntries(
    Object.entries(scenario.context ?? {}).filter(([name]) => !withheld.has(name)),
  )
  return map([
    [uint(1), textMap(stored)],
    [uint(2), array([...withheld].map(tstr).toSorted(byEncoding))],
    [uint(3), uint(scenario.dekUse ?? 0)],
  ])
}

/** What the key table is made for. */
export interface TableInputs {
  readonly dek: Uint8Array
  readonly k: number
  readonly preamble: Uint8Array
  readonly contextBytes: Uint8Array
}

/** A group's share and check: DEK and nothing if k is 1. */
export function groupSecrets(
  inputs: TableInputs,
  n: number,
  index: number,
): { share: Uint8Array; shareCheck: Uint8Array } {
  const { dek, k, preamble, contextBytes } = inputs
  if (k < 2) return { share: dek, shareCheck: new Uint8Array(0) }
  const value = share(dek, coefficients(k), index)
  const info = shareCheckInfo(index, k, n, preamble, contextBytes)
  return { share: value, shareCheck: hkdfExpand(value, info, 16) }
}

function wrapLocally(kek: KekPlan, label: string, plaintext: Uint8Array, aad: Uint8Array): Uint8Array {
  const nonce = fixedBytes(`nonce ${kek.name} ${kek.version} ${label}`, 24)
  return concat(nonce, xaesSeal(kekKey(kek), nonce, plaintext, aad))
}

/** A slot's fields with everything decided. */
export interface WrittenSlot {
  readonly items: readonly Uint8Array[]
  readonly described: VectorSlot
}

export function writeSlot(
  plan: SlotPlan,
  inputs: TableInputs,
  group: number,
  value: Uint8Array,
): WrittenSlot {
  const kek = plan.kek ?? defaultKek
  const kind = plan.kind ?? 0
  const scheme = plan.scheme ?? 'local'
  const reference = plan.reference ?? kek.name
  const version = plan.version ?? kek.version
  const algorithm = plan.algorithm ?? localAlgorithm
  const answer = plan.answer === undefined ? value : plan.answer
  const aad = contextDigest(inputs.k < 2 ? 'dek' : 'share', inputs.contextBytes)
  const wrapped = plan.wrapped ?? wrapLocally(kek, `group ${group}`, answer ?? value, aad)
  const concealed =
    plan.concealKey === undefined
      ? plan.referenceBytes
      : concealedReference(plan.concealKey, wrapped, scheme, reference)
  return {
    items: [
      uint(kind),
      tstr(scheme),
      concealed === undefined ? tstr(reference) : bstr(concealed),
      tstr(version),
      tstr(algorithm),
      bstr(wrapped),
    ],
    described: {
      group,
      kind,
      scheme,
      reference: kind === 0 ? reference : hex(concealed ?? utf8(reference)),
      version,
      algorithm,
      wrapped: hexOrRun(wrapped),
      answer: answer === null ? null : hex(answer),
    },
  }
}

/** The items of a table, and its slots as a vector describes them. */
export function writeTable(
  plans: readonly GroupPlan[],
  inputs: TableInputs,
): { items: TableItems; slots: VectorSlot[] } {
  const slots: VectorSlot[] = []
  const groups = plans.map((plan): GroupItems => {
    const secrets = groupSecrets(inputs, plans.length, plan.index)
    const written = plan.slots.map((slot) => writeSlot(slot, inputs, plan.index, secrets.share))
    slots.push(...written.map((slot) => slot.described))
    return {
      index: uint(plan.index),
      shareCheck: bstr(secrets.shareCheck),
      slots: written.map((slot) => slot.items),
    }
  })
  return { items: { k: uint(inputs.k), groups }, slots }
}

export const encodeGroup = (group: GroupItems): Uint8Array =>
  array([group.index, group.shareCheck, array(group.slots.map((slot) => array(slot)))])

/** KW-TAB-1. */
export const encodeTable = (items: TableItems): Uint8Array =>
  map([
    [uint(1), items.k],
    [uint(2), array(items.groups.map(encodeGroup))],
  ])
