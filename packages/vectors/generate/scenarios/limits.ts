import { overwrite, u32, zeros } from '../bytes.ts'
import { encodeTable, writeTable } from '../parts.ts'
import type { GroupPlan, Scenario, SlotPlan } from '../scenario.ts'
import { fullContext } from './contexts.ts'
import { oneGroup } from './slots.ts'

/** A slot of an unknown scheme, so that only its size matters. */
const filler = (i: number, more: Partial<SlotPlan> = {}): SlotPlan => ({
  scheme: 'example-kms',
  reference: `filler-${i}`,
  version: '',
  algorithm: 'example-kms.wrap',
  wrapped: zeros(32),
  answer: null,
  ...more,
})

const fillers = (count: number): SlotPlan[] => Array.from({ length: count }, (_, i) => filler(i))

const at = (id: string, title: string, requirement: string, more: Partial<Scenario>): Scenario => ({
  id: `limit-${id}`,
  title,
  requirements: [requirement, 'KW-LIM-1'],
  plaintext: 'limit',
  ...more,
})

/** Readers state {} for a context over a limit: theirs must itself be allowed. */
const over = (id: string, title: string, requirement: string, more: Partial<Scenario>): Scenario =>
  at(`${id}-over`, title, requirement, { code: 'limit-exceeded', reader: { context: {} }, ...more })

const slot = (more: Partial<SlotPlan>): { groups: readonly GroupPlan[] } => ({
  groups: oneGroup({}, filler(0, more)),
})

const groupsOf = (count: number): readonly GroupPlan[] =>
  Array.from({ length: count }, (_, i) => ({ index: i + 1, slots: [filler(i)] }))

/** Slots whose table is `size` bytes long. */
function tableOf(size: number): readonly GroupPlan[] {
  const groups = (last: number): readonly GroupPlan[] =>
    oneGroup(
      {},
      ...[0, 1, 2, 3, 4, 5, 6].map((i) => filler(i, { wrapped: zeros(8192) })),
      filler(7, { wrapped: zeros(last) }),
    )
  const inputs = { dek: zeros(32), k: 1, preamble: zeros(0), contextBytes: zeros(0) }
  const length = (last: number): number => encodeTable(writeTable(groups(last), inputs).items).length
  return groups(7000 + size - length(7000))
}

const pairs = (count: number): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`n${i}`, 'v']))

/** Each limit of section 18 reached, and passed by one. */
export const limits: readonly Scenario[] = [
  over('preamble-length', 'a preamble length of 5,121 is refused', 'KW-HDR-6', {
    edit: (b) => overwrite(b, 8, u32(5121)),
  }),
  over('preamble-length-largest', 'the largest preamble length is refused', 'KW-HDR-6', {
    edit: (b) => overwrite(b, 8, u32(0xffff_ffff)),
  }),
  over('table-length', 'a table length of 65,537 is refused', 'KW-COM-1', {
    edit: (b, p) => overwrite(b, p.tableLength, u32(65_537)),
  }),
  over('table-length-largest', 'the largest table length is refused', 'KW-COM-1', {
    edit: (b, p) => overwrite(b, p.tableLength, u32(0xffff_ffff)),
  }),
  over('table-length-detached', 'so it is in a detached header', 'KW-DET-1', {
    layout: 'detached',
    edit: (b, p) => overwrite(b, p.tableLength, u32(65_537)),
  }),
  at('table', 'a key table of 65,536 bytes', 'KW-COM-1', { groups: tableOf(65_536) }),
  over('table', 'a key table of 65,537 bytes is refused', 'KW-COM-1', { groups: tableOf(65_537) }),
  at('paged-table', 'a key table that fills its page', 'KW-PAG-6', {
    layout: 'paged',
    groups: tableOf(65_536 - 44),
  }),
  at('slots', '32 slots', 'KW-TAB-9', { groups: oneGroup(...fillers(31), {}) }),
  over('slots', '33 slots are refused', 'KW-TAB-9', { groups: oneGroup(...fillers(32), {}) }),
  over('slots-in-groups', '33 slots in three groups are refused', 'KW-TAB-9', {
    k: 2,
    groups: [0, 1, 2].map((g) => ({
      index: g + 1,
      slots: Array.from({ length: 11 }, (_, i) => filler(11 * g + i)),
    })),
  }),
  over('groups', '17 groups are refused', 'KW-TAB-9', { k: 2, groups: groupsOf(17) }),
  at('scheme', 'a scheme of 64 bytes', 'KW-TAB-9', slot({ scheme: 's'.repeat(64) })),
  over('scheme', 'a scheme of 65 bytes is refused', 'KW-TAB-9', slot({ scheme: 's'.repeat(65) })),
  at('reference', 'a reference of 2,048 bytes', 'KW-TAB-9', slot({ reference: 'r'.repeat(2048) })),
  over(
    'reference',
    'a reference of 2,049 bytes is refused',
    'KW-TAB-9',
    slot({ reference: 'r'.repeat(2049) }),
  ),
  over(
    'reference-utf8',
    'limits count bytes, not characters',
    'KW-TAB-9',
    slot({ reference: '\u00e4'.repeat(1025) }),
  ),
  at('version', 'a version of 256 bytes', 'KW-TAB-9', slot({ version: 'v'.repeat(256) })),
  over('version', 'a version of 257 bytes is refused', 'KW-TAB-9', slot({ version: 'v'.repeat(257) })),
  at('algorithm', 'an algorithm of 64 bytes', 'KW-TAB-9', slot({ algorithm: 'a'.repeat(64) })),
  over('algorithm', 'an algorithm of 65 bytes is refused', 'KW-TAB-9', slot({ algorithm: 'a'.repeat(65) })),
  at('wrapped-1', 'a wrapped key of one byte', 'KW-TAB-9', slot({ wrapped: zeros(1) })),
  at('wrapped', 'a wrapped key of 8,192 bytes', 'KW-TAB-9', slot({ wrapped: zeros(8192) })),
  over('wrapped', 'a wrapped key of 8,193 bytes is refused', 'KW-TAB-9', slot({ wrapped: zeros(8193) })),
  at('context-pairs', '16 pairs', 'KW-CTX-2', { context: pairs(16) }),
  over('context-pairs', '17 stored pairs are refused', 'KW-PRE-4', { context: pairs(17) }),
  over('context-pairs-withheld', '17 names, stored and withheld together, are refused', 'KW-PRE-4', {
    context: pairs(17),
    withheld: ['n3', 'n16'],
  }),
  over('withheld', '17 withheld names are refused', 'KW-PRE-4', {
    context: pairs(17),
    withheld: Object.keys(pairs(17)),
  }),
  over('context-name', 'a stored name of 256 bytes is refused', 'KW-PRE-6', {
    context: { ['n'.repeat(256)]: 'v' },
  }),
  over('withheld-name', 'a withheld name of 256 bytes is refused', 'KW-PRE-6', {
    context: { ['n'.repeat(256)]: 'v' },
    withheld: ['n'.repeat(256)],
  }),
  over('context-value', 'a stored value of 2,049 bytes is refused', 'KW-PRE-6', {
    context: { n: 'v'.repeat(2049) },
  }),
  over('context-bytes', 'a stored context of 4,097 bytes is refused', 'KW-PRE-6', {
    context: fullContext(1),
  }),
]
