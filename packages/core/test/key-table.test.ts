import { expect, test } from 'vitest'
import { encodeCbor } from '../src/format/cbor.ts'
import { decodeKeyTable, encodeKeyTable } from '../src/format/key-table.ts'
import { limits } from '../src/limits.ts'
import { codeOf } from './outcome.ts'

type Item = Parameters<typeof encodeCbor>[0]

const slot: readonly Item[] = [0, 'local', 'default', '', 'local.xaes-256-gcm', new Uint8Array(60)]
const check = new Uint8Array(16)
const none = new Uint8Array(0)

function table(threshold: Item, groups: Item): Uint8Array {
  return encodeCbor(
    new Map<number, Item>([
      [1, threshold],
      [2, groups],
    ]),
  )
}

/** A slot with some items replaced. */
function slotWith(changes: Readonly<Record<number, Item>>): readonly Item[] {
  return slot.map((item, at) => changes[at] ?? item)
}

function versions(count: number): readonly Item[] {
  return Array.from({ length: count }, (_, at) => slotWith({ 3: `v${at}` }))
}

const one = (slots: Item): Uint8Array => table(1, [[0, none, slots]])

const refused: readonly (readonly [what: string, bytes: Uint8Array, code: string])[] = [
  ['another value than a map', encodeCbor([1, 2]), 'malformed-envelope'],
  [
    'a third item',
    encodeCbor(
      new Map<number, Item>([
        [1, 1],
        [2, [[0, none, [slot]]]],
        [3, 0],
      ]),
    ),
    'malformed-envelope',
  ],
  ['a threshold of 0', table(0, [[0, none, [slot]]]), 'malformed-envelope'],
  [
    'a threshold above the groups',
    table(3, [
      [1, check, [slot]],
      [2, check, versions(1)],
    ]),
    'malformed-envelope',
  ],
  ['no group', table(1, []), 'malformed-envelope'],
  [
    'two groups where one is enough',
    table(1, [
      [0, none, [slot]],
      [1, none, versions(1)],
    ]),
    'malformed-envelope',
  ],
  ['an index without shares', table(1, [[1, none, [slot]]]), 'malformed-envelope'],
  ['a share check without shares', table(1, [[0, check, [slot]]]), 'malformed-envelope'],
  [
    'a share of index 0',
    table(2, [
      [0, check, [slot]],
      [2, check, versions(1)],
    ]),
    'malformed-envelope',
  ],
  [
    'a share of index 256',
    table(2, [
      [1, check, [slot]],
      [256, check, versions(1)],
    ]),
    'malformed-envelope',
  ],
  [
    'one index twice',
    table(2, [
      [2, check, [slot]],
      [2, check, versions(1)],
    ]),
    'malformed-envelope',
  ],
  [
    'indices that do not ascend',
    table(2, [
      [3, check, [slot]],
      [2, check, versions(1)],
    ]),
    'malformed-envelope',
  ],
  [
    'a share check of 15 bytes',
    table(2, [
      [1, check.subarray(1), [slot]],
      [2, check, versions(1)],
    ]),
    'malformed-envelope',
  ],
  ['a group without slots', one([]), 'malformed-envelope'],
  ['a group of two items', table(1, [[0, none]]), 'malformed-envelope'],
  ['a slot of five items', one([slot.slice(0, 5)]), 'malformed-envelope'],
  ['a slot of seven items', one([[...slot, 0]]), 'malformed-envelope'],
  ['one slot twice', one([slot, slotWith({ 5: new Uint8Array(61) })]), 'malformed-envelope'],
  [
    'one slot in two groups',
    table(2, [
      [1, check, [slot]],
      [2, check, [slot]],
    ]),
    'malformed-envelope',
  ],
  ['a plain reference in bytes', one([slotWith({ 2: new Uint8Array(8) })]), 'malformed-envelope'],
  ['a concealed reference in text', one([slotWith({ 0: 1 })]), 'malformed-envelope'],
  ['a concealed reference of 9 bytes', one([slotWith({ 0: 1, 2: new Uint8Array(9) })]), 'malformed-envelope'],
  ['an empty scheme', one([slotWith({ 1: '' })]), 'malformed-envelope'],
  ['an empty reference', one([slotWith({ 2: '' })]), 'malformed-envelope'],
  ['an empty algorithm', one([slotWith({ 4: '' })]), 'malformed-envelope'],
  ['an empty wrapped key', one([slotWith({ 5: none })]), 'malformed-envelope'],
  ['a scheme of 65 bytes', one([slotWith({ 1: 's'.repeat(65) })]), 'limit-exceeded'],
  ['a reference of 2,049 bytes', one([slotWith({ 2: 'r'.repeat(2049) })]), 'limit-exceeded'],
  ['a version of 257 bytes', one([slotWith({ 3: 'v'.repeat(257) })]), 'limit-exceeded'],
  ['an algorithm of 65 bytes', one([slotWith({ 4: 'a'.repeat(65) })]), 'limit-exceeded'],
  ['a wrapped key of 8,193 bytes', one([slotWith({ 5: new Uint8Array(8193) })]), 'limit-exceeded'],
  ['33 slots', one(versions(33)), 'limit-exceeded'],
  [
    '17 groups',
    table(
      2,
      Array.from({ length: 17 }, (_, at) => [at + 1, check, [slotWith({ 3: `v${at}` })]]),
    ),
    'limit-exceeded',
  ],
]

for (const [what, bytes, code] of refused) {
  // KW-TAB-2
  test(`a table with ${what} is refused`, async () => {
    expect(await codeOf(() => decodeKeyTable(bytes))).toBe(code)
  })
}

test('the largest sizes are accepted', () => {
  const largest = slotWith({
    1: 's'.repeat(limits.schemeBytes),
    2: 'r'.repeat(limits.referenceBytes),
    3: 'v'.repeat(limits.keyVersionBytes),
    4: 'a'.repeat(limits.algorithmBytes),
    5: new Uint8Array(limits.wrappedBytes),
  })
  const bytes = one([largest, ...versions(31)])
  expect(encodeKeyTable(decodeKeyTable(bytes))).toEqual(bytes)
})

test('what a reader would refuse is not written', async () => {
  const decoded = decodeKeyTable(one([slot]))
  const [group] = decoded.groups
  if (group === undefined) throw new Error('a group')
  const twice = { threshold: 1, groups: [{ ...group, slots: [...group.slots, ...group.slots] }] }
  expect(await codeOf(() => encodeKeyTable(twice))).toBe('malformed-envelope')
})
