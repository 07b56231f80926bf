import { concat, countingBytes, fixedBytes, flipBit } from '../bytes.ts'
import { array, bstr, uint } from '../cbor.ts'
import { coefficients, defaultDek, encodeTable } from '../parts.ts'
import type { GroupItems, GroupPlan, KekPlan, Scenario, TableItems } from '../scenario.ts'
import { share } from '../shamir.ts'
import { foreign } from './slots.ts'

const kekOf = (index: number): KekPlan => ({ name: `group-${index}`, version: '1' })

const groupsAt = (...indices: readonly number[]): readonly GroupPlan[] =>
  indices.map((index) => ({ index, slots: [{ kek: kekOf(index) }] }))

const reader = (...indices: readonly number[]): NonNullable<Scenario['reader']> => ({
  minThreshold: 2,
  keks: indices.map(kekOf),
})

const opens = (id: string, title: string, k: number, more: Partial<Scenario>): Scenario => ({
  id: `k-of-n-${id}`,
  title,
  requirements: ['KW-KOF-1', 'KW-KOF-3', 'KW-KOF-5', 'KW-TAB-4'],
  context: { tenant: 'acme' },
  plaintext: 'split',
  k,
  groups: groupsAt(1, 2, 3),
  reader: reader(1, 2),
  ...more,
})

const refused = (
  id: string,
  title: string,
  requirements: readonly string[],
  code: NonNullable<Scenario['code']>,
  more: Partial<Scenario>,
): Scenario => opens(id, title, 2, { requirements, code, ...more })

const groups =
  (change: (groups: readonly GroupItems[]) => readonly GroupItems[]) =>
  (items: TableItems): Uint8Array =>
    encodeTable({ ...items, groups: change(items.groups) })

const first =
  (change: (group: GroupItems) => GroupItems) =>
  (items: TableItems): Uint8Array =>
    groups((all) => all.map((group, i) => (i === 0 ? change(group) : group)))(items)

const malformed = (id: string, title: string, table: (items: TableItems) => Uint8Array): Scenario =>
  refused(id, title, ['KW-TAB-4', 'KW-TAB-10'], 'malformed-envelope', { table })

const whole = (items: TableItems, change: (group: GroupItems) => Uint8Array): Uint8Array =>
  concat(Uint8Array.of(0xa2), uint(1), items.k, uint(2), array(items.groups.map(change)))

const wrongShare = flipBit(share(defaultDek, coefficients(2), 1), 0)

const subsets: readonly Scenario[] = (
  [
    [2, [1, 2, 3], [1, 2]],
    [2, [1, 2, 3], [1, 3]],
    [2, [1, 2, 3], [2, 3]],
    [2, [1, 2, 3], [1, 2, 3]],
    [3, [1, 2, 3, 4, 5], [1, 2, 3]],
    [3, [1, 2, 3, 4, 5], [1, 3, 5]],
    [3, [1, 2, 3, 4, 5], [2, 4, 5]],
  ] as const
).map(([k, all, some]) =>
  opens(
    `${k}-of-${all.length}-by-${some.join('')}`,
    `groups ${some.join(', ')} open a ${k}-of-${all.length} envelope`,
    k,
    {
      groups: groupsAt(...all),
      reader: reader(...some),
    },
  ),
)

/** Shares, thresholds and groups. */
export const kOfN: readonly Scenario[] = [
  ...subsets,
  opens('index-255', 'indices need not be consecutive and reach 255', 2, {
    groups: groupsAt(7, 128, 255),
    reader: reader(128, 255),
  }),
  opens('regions', 'inside a group any slot will do', 2, {
    groups: [
      { index: 1, slots: [foreign, { kek: kekOf(1) }] },
      { index: 2, slots: [{ kek: kekOf(2) }, { kek: kekOf(3) }] },
    ],
    reader: reader(1, 3),
  }),
  opens('paged', 'a paged 2-of-3 envelope', 2, { layout: 'paged' }),
  opens('16-of-16', 'all of the largest number of groups', 16, {
    groups: groupsAt(...countingBytes(1, 16)),
    reader: reader(...countingBytes(1, 16)),
    requirements: ['KW-TAB-9'],
  }),
  refused('too-few', 'one KEK of two is no matching set', ['KW-OPN-1'], 'no-matching-key', {
    reader: reader(3),
  }),
  refused('two-of-three-needed', 'two KEKs do not open a 3-of-5 envelope', ['KW-OPN-1'], 'no-matching-key', {
    k: 3,
    groups: groupsAt(1, 2, 3, 4, 5),
    reader: reader(1, 5),
  }),
  refused(
    'policy',
    'a table of k = 1 is refused where the policy asks for two',
    ['KW-KOF-6'],
    'policy-mismatch',
    { k: 1, groups: [{ index: 0, slots: [{ kek: kekOf(1) }] }] },
  ),
  refused(
    'policy-3',
    'a table of k = 2 is refused where the policy asks for three',
    ['KW-KOF-6'],
    'policy-mismatch',
    { reader: { minThreshold: 3, keks: [1, 2, 3].map(kekOf) } },
  ),
  refused(
    'bad-share',
    'a share that is not the sealed one fails at its check',
    ['KW-KOF-3'],
    'authentication-failed',
    {
      groups: [{ index: 1, slots: [{ kek: kekOf(1), answer: wrongShare }] }, ...groupsAt(2, 3)],
    },
  ),
  refused('share-33-bytes', 'a share of 33 bytes is refused', ['KW-KEY-4'], 'invalid-response', {
    groups: [
      {
        index: 1,
        slots: [{ kek: kekOf(1), answer: concat(share(defaultDek, coefficients(2), 1), Uint8Array.of(0)) }],
      },
      ...groupsAt(2, 3),
    ],
  }),
  refused('dek-for-share', 'the DEK itself is not a share', ['KW-KOF-3'], 'authentication-failed', {
    groups: [{ index: 1, slots: [{ kek: kekOf(1), answer: defaultDek }] }, ...groupsAt(2, 3)],
  }),
  refused('bad-share-check', 'a flipped share check is refused', ['KW-KOF-3'], 'authentication-failed', {
    table: first((group) => ({ ...group, shareCheck: flipBit(group.shareCheck, 5) })),
  }),
  refused(
    'indices-swapped',
    'shares under each other’s index fail at their checks',
    ['KW-KOF-3'],
    'authentication-failed',
    {
      table: groups((all) =>
        all
          .map((group, i) => ({ ...group, index: uint([2, 1, 3][i] ?? 0) }))
          .toSorted((a, b) => (a.index[0] ?? 0) - (b.index[0] ?? 0)),
      ),
    },
  ),
  refused(
    'n-reduced',
    'a table that lost a group fails at its share checks',
    ['KW-KOF-3'],
    'authentication-failed',
    {
      table: groups((all) => all.slice(0, 2)),
    },
  ),
  refused('k-reduced', 'a smaller k fails at the share checks', ['KW-KOF-3'], 'authentication-failed', {
    k: 3,
    groups: groupsAt(1, 2, 3, 4, 5),
    table: (items) => encodeTable({ ...items, k: uint(2) }),
  }),
  malformed('k-over-n', 'k over the number of groups is refused', (items) =>
    encodeTable({ ...items, k: uint(4) }),
  ),
  malformed('k-0', 'k = 0 is refused', (items) => encodeTable({ ...items, k: uint(0) })),
  malformed(
    'descending',
    'descending indices are refused',
    groups((all) => all.toReversed()),
  ),
  malformed(
    'index-twice',
    'an index that occurs twice is refused',
    groups((all) => all.map((group, i) => (i === 1 ? { ...group, index: uint(1) } : group))),
  ),
  malformed(
    'index-0',
    'index 0 is refused',
    first((group) => ({ ...group, index: uint(0) })),
  ),
  malformed(
    'index-256',
    'index 256 is refused',
    groups((all) => all.map((group, i) => (i === 2 ? { ...group, index: uint(256) } : group))),
  ),
  malformed(
    'share-check-empty',
    'an empty share check is refused',
    first((group) => ({ ...group, shareCheck: bstr(new Uint8Array(0)) })),
  ),
  malformed(
    'share-check-15',
    'a share check of 15 bytes is refused',
    first((group) => ({ ...group, shareCheck: bstr(fixedBytes('check', 15)) })),
  ),
  malformed(
    'share-check-17',
    'a share check of 17 bytes is refused',
    first((group) => ({ ...group, shareCheck: bstr(fixedBytes('check', 17)) })),
  ),
  malformed(
    'no-slots',
    'a group without slots is refused',
    first((group) => ({ ...group, slots: [] })),
  ),
  malformed('group-of-two', 'a group of two items is refused', (items) =>
    whole(items, (group) => array([group.index, group.shareCheck])),
  ),
  malformed('group-of-four', 'a group of four items is refused', (items) =>
    whole(items, (group) =>
      array([group.index, group.shareCheck, array(group.slots.map((slot) => array(slot))), uint(0)]),
    ),
  ),
  refused('duplicate-across-groups', 'one key in two groups is refused', ['KW-TAB-8'], 'malformed-envelope', {
    groups: [...groupsAt(1), { index: 2, slots: [{ kek: kekOf(1) }] }],
  }),
  refused('single-index', 'k = 1 with an index other than 0 is refused', ['KW-TAB-3'], 'malformed-envelope', {
    k: 1,
    groups: groupsAt(1),
    reader: { keks: [kekOf(1)] },
  }),
  refused('single-two-groups', 'k = 1 with two groups is refused', ['KW-TAB-3'], 'malformed-envelope', {
    k: 1,
    groups: groupsAt(0, 1),
    reader: { keks: [kekOf(0)] },
  }),
  refused('single-share-check', 'k = 1 with a share check is refused', ['KW-TAB-3'], 'malformed-envelope', {
    k: 1,
    groups: groupsAt(0),
    reader: { keks: [kekOf(0)] },
    table: first((group) => ({ ...group, shareCheck: bstr(fixedBytes('check', 16)) })),
  }),
  refused('no-groups', 'a table without groups is refused', ['KW-TAB-1'], 'malformed-envelope', {
    table: groups(() => []),
  }),
]
