import { concat, countingBytes, fixedBytes, zeros } from '../bytes.ts'
import { array, bstr, tstr, uint } from '../cbor.ts'
import { defaultDek, encodeTable } from '../parts.ts'
import type { GroupPlan, Scenario, SlotPlan, TableItems } from '../scenario.ts'

export const oneGroup = (...slots: readonly SlotPlan[]): readonly GroupPlan[] => [{ index: 0, slots }]

/** A slot that no reader of the vectors unwraps. */
export const foreign: SlotPlan = {
  scheme: 'aws-kms',
  reference: 'arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab',
  version: '',
  algorithm: 'aws-kms.map',
  wrapped: fixedBytes('foreign wrapped', 167),
  answer: null,
}

const opens = (
  id: string,
  title: string,
  requirements: readonly string[],
  groups: readonly GroupPlan[],
  more: Partial<Scenario> = {},
): Scenario => ({
  id: `slot-${id}`,
  title,
  requirements,
  plaintext: 'slots',
  groups,
  ...more,
})

/** Replaces one of the six items of the first slot. */
const item =
  (position: number, replacement: Uint8Array) =>
  (items: TableItems): Uint8Array =>
    encodeTable({
      ...items,
      groups: items.groups.map((group) => ({
        ...group,
        slots: group.slots.map((slot, i) => (i === 0 ? slot.with(position, replacement) : slot)),
      })),
    })

const bad = (
  id: string,
  title: string,
  table: (items: TableItems) => Uint8Array,
  requirement = 'KW-TAB-5',
): Scenario => ({
  id: `slot-${id}`,
  title,
  requirements: [requirement, 'KW-TAB-10'],
  plaintext: 'slots',
  groups: oneGroup(foreign, {}),
  table,
  code: 'malformed-envelope',
})

const answers = (id: string, title: string, answer: Uint8Array, requirement = 'KW-KEY-4'): Scenario => ({
  id: `answer-${id}`,
  title,
  requirements: [requirement],
  plaintext: 'slots',
  groups: oneGroup({ answer }),
  code: requirement === 'KW-KEY-2' ? 'authentication-failed' : 'invalid-response',
})

const concealKey = fixedBytes('conceal key', 32)
const otherKek = { name: 'vectors', version: '2' }
const everySlotItem = (change: (slot: readonly Uint8Array[]) => Uint8Array) => (items: TableItems) =>
  encodeTableRaw(items, change)

function encodeTableRaw(items: TableItems, change: (slot: readonly Uint8Array[]) => Uint8Array): Uint8Array {
  const groups = items.groups.map((group) =>
    array([group.index, group.shareCheck, array(group.slots.map(change))]),
  )
  return concat(Uint8Array.of(0xa2), uint(1), items.k, uint(2), array(groups))
}

/** Slots to use, to skip and to refuse, and what key managers answer. */
export const slots: readonly Scenario[] = [
  opens(
    'second-fits',
    'the slot of a configured KEK is found behind another',
    ['KW-TAB-5', 'KW-TAB-7'],
    oneGroup(foreign, {}),
  ),
  opens(
    'unknown-scheme',
    'a slot of an unknown scheme is skipped',
    ['KW-TAB-7'],
    oneGroup({ ...foreign, scheme: 'example-kms' }, {}),
  ),
  opens(
    'unknown-algorithm',
    'a slot of an unknown algorithm is skipped',
    ['KW-TAB-7'],
    oneGroup({ ...foreign, scheme: 'local', reference: 'vectors', algorithm: 'local.ml-kem-1024' }, {}),
  ),
  opens(
    'foreign-algorithm',
    'a slot with the algorithm of another scheme is skipped',
    ['KW-REG-2'],
    oneGroup({ ...foreign, scheme: 'local', reference: 'vectors' }, {}),
  ),
  opens(
    'unknown-kind',
    'a slot of an unknown kind is skipped',
    ['KW-TAB-6', 'KW-TAB-7'],
    oneGroup({ ...foreign, kind: 2 }, {}),
  ),
  opens(
    'unknown-kind-bytes',
    'a slot of an unknown kind may have a reference of bytes',
    ['KW-TAB-6'],
    oneGroup({ ...foreign, kind: 9, referenceBytes: countingBytes(0, 20) }, {}),
  ),
  opens(
    'only-unknown',
    'with unknown slots only, no key matches',
    ['KW-TAB-7', 'KW-OPN-1'],
    oneGroup({ ...foreign, scheme: 'example-kms' }),
    { code: 'no-matching-key' },
  ),
  opens(
    'other-key',
    'with slots of other keys only, no key matches',
    ['KW-OPN-1'],
    oneGroup({ kek: { name: 'other', version: '1' }, answer: null }),
    { code: 'no-matching-key' },
  ),
  opens(
    'two-versions',
    'two versions of one key are two slots',
    ['KW-TAB-8'],
    oneGroup({}, { kek: otherKek }),
    { reader: { keks: [otherKek] } },
  ),
  opens(
    'concealed',
    'a concealed reference is found by its configured key',
    ['KW-CON-1', 'KW-CON-2'],
    oneGroup({ kind: 1, concealKey }),
    { reader: { concealKey } },
  ),
  opens(
    'concealed-no-key',
    'a reader without the conceal key skips a concealed reference',
    ['KW-CON-2'],
    oneGroup({ kind: 1, concealKey }),
    { code: 'no-matching-key' },
  ),
  opens(
    'concealed-other-key',
    'another conceal key finds nothing',
    ['KW-CON-1'],
    oneGroup({ kind: 1, concealKey }),
    { reader: { concealKey: fixedBytes('other conceal key', 32) }, code: 'no-matching-key' },
  ),
  opens(
    'concealed-beside-plain',
    'a plain slot opens beside a concealed one',
    ['KW-CON-2'],
    oneGroup({ kind: 1, concealKey, kek: otherKek }, {}),
  ),
  opens(
    'duplicate',
    'two slots that name the same key, version and algorithm are refused',
    ['KW-TAB-8'],
    oneGroup({}, {}),
    { code: 'malformed-envelope' },
  ),
  opens(
    'duplicate-other-wrap',
    'they are refused also where their wrapped bytes differ',
    ['KW-TAB-8'],
    oneGroup({}, { wrapped: zeros(72) }),
    { code: 'malformed-envelope' },
  ),
  opens(
    'duplicate-unknown',
    'they are refused also where the reader does not know them',
    ['KW-TAB-8'],
    oneGroup({}, foreign, foreign),
    { code: 'malformed-envelope' },
  ),
  bad(
    'five-items',
    'a slot of five items is refused',
    everySlotItem((slot) => array(slot.slice(0, 5))),
  ),
  bad(
    'seven-items',
    'a slot of seven items is refused',
    everySlotItem((slot) => array([...slot, uint(0)])),
  ),
  bad('kind-text', 'a kind that is text is refused', item(0, tstr('0'))),
  bad('scheme-bytes', 'a scheme of bytes is refused', item(1, bstr(countingBytes(0x61, 3)))),
  bad('scheme-empty', 'an empty scheme is refused', item(1, tstr('')), 'KW-TAB-9'),
  bad('reference-bytes', 'a plain reference of bytes is refused', item(2, bstr(countingBytes(0x61, 8)))),
  bad('reference-empty', 'an empty reference is refused', item(2, tstr('')), 'KW-TAB-9'),
  bad('version-uint', 'a version that is a number is refused', item(3, uint(1))),
  bad('algorithm-empty', 'an empty algorithm is refused', item(4, tstr('')), 'KW-TAB-9'),
  bad('wrapped-text', 'wrapped text is refused', item(5, tstr('wrapped'))),
  bad('wrapped-empty', 'an empty wrapped key is refused', item(5, bstr(zeros(0))), 'KW-TAB-9'),
  bad('concealed-text', 'a concealed reference of text is refused', item(0, uint(1))),
  bad(
    'concealed-seven-bytes',
    'a concealed reference of seven bytes is refused',
    everySlotItem((slot) => array(slot.with(0, uint(1)).with(2, bstr(countingBytes(slot.length, 7))))),
  ),
  answers(
    '33-bytes',
    'an unwrapped key of 33 bytes that ends in 00 is refused',
    concat(defaultDek, zeros(1)),
  ),
  answers('31-bytes', 'an unwrapped key of 31 bytes is refused', defaultDek.slice(0, 31)),
  answers('64-bytes', 'an unwrapped key of 64 bytes is refused', concat(defaultDek, defaultDek)),
  answers('empty', 'an empty answer is refused', zeros(0)),
  answers('other-key', 'another key of 32 bytes fails at the key check', countingBytes(0x20, 32), 'KW-KEY-2'),
  { ...answers('all-zero', 'a DEK of zeros is refused', zeros(32), 'KW-KEY-5'), dek: zeros(32) },
  {
    ...answers(
      '31-bytes-padded',
      'a DEK that ends in 00 does not pass for its first 31 bytes',
      countingBytes(0x60, 31),
    ),
    dek: concat(countingBytes(0x60, 31), zeros(1)),
  },
]
