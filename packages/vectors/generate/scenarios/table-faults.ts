import { concat, fromHex } from '../bytes.ts'
import { array, longHead, map, rawMap, rawText, tstr, uint } from '../cbor.ts'
import type { Scenario } from '../scenario.ts'

const table = (
  id: string,
  title: string,
  requirement: string,
  change: NonNullable<Scenario['table']>,
): Scenario => ({
  id: `table-${id}`,
  title,
  requirements: [requirement, 'KW-CBOR-9'],
  plaintext: 'cbor',
  table: change,
  code: 'malformed-envelope',
})

type Items = Parameters<NonNullable<Scenario['table']>>[0]

const groupsOf = (items: Items): Uint8Array =>
  array(items.groups.map((group) => array([group.index, group.shareCheck, array(group.slots.map(array))])))

const slotWith = (items: Items, position: number, item: Uint8Array): Uint8Array =>
  rawMap([
    [uint(1), items.k],
    [
      uint(2),
      array(
        items.groups.map((group) =>
          array([
            group.index,
            group.shareCheck,
            array(group.slots.map((slot) => array(slot.with(position, item)))),
          ]),
        ),
      ),
    ],
  ])

/** Key tables in which one rule of the CBOR subset, or of the table's shape, is broken. */
export const tableFaults: readonly Scenario[] = [
  table('long-k', 'k in a longer head is refused', 'KW-CBOR-2', (t) =>
    rawMap([
      [uint(1), longHead(0x18, 1, 1)],
      [uint(2), groupsOf(t)],
    ]),
  ),
  table('long-wrapped-length', 'a wrapped length in a longer head is refused', 'KW-CBOR-2', (t) =>
    slotWith(t, 5, concat(longHead(0x59, 72, 2), new Uint8Array(72))),
  ),
  table('key-order', 'keys out of order are refused', 'KW-CBOR-3', (t) =>
    rawMap([
      [uint(2), groupsOf(t)],
      [uint(1), t.k],
    ]),
  ),
  table('key-twice', 'a key that occurs twice is refused', 'KW-CBOR-4', (t) =>
    rawMap([
      [uint(1), t.k],
      [uint(2), groupsOf(t)],
      [uint(2), groupsOf(t)],
    ]),
  ),
  table('indefinite', 'groups of indefinite length are refused', 'KW-CBOR-1', (t) =>
    rawMap([
      [uint(1), t.k],
      [uint(2), concat(fromHex('9f'), groupsOf(t).slice(1), fromHex('ff'))],
    ]),
  ),
  table('indefinite-bytes', 'wrapped bytes of indefinite length are refused', 'KW-CBOR-1', (t) =>
    slotWith(t, 5, fromHex('5f41004100ff')),
  ),
  table('tag', 'a tagged version is refused', 'KW-CBOR-1', (t) =>
    slotWith(t, 3, concat(fromHex('c0'), tstr('1'))),
  ),
  table('float', 'a floating point k is refused', 'KW-CBOR-1', (t) =>
    rawMap([
      [uint(1), fromHex('f93c00')],
      [uint(2), groupsOf(t)],
    ]),
  ),
  table('negative-kind', 'a negative kind is refused', 'KW-CBOR-1', (t) => slotWith(t, 0, fromHex('20'))),
  table('bad-utf8', 'a reference that is not UTF-8 is refused', 'KW-CBOR-5', (t) =>
    slotWith(t, 2, rawText(fromHex('ff'))),
  ),
  table('surrogate', 'a reference with a lone surrogate is refused', 'KW-CBOR-5', (t) =>
    slotWith(t, 2, rawText(fromHex('edbfbf'))),
  ),
  table('depth-6', 'six nested containers are refused', 'KW-CBOR-6', (t) => slotWith(t, 2, array([]))),
  table('trailing', 'a byte after the table is refused', 'KW-CBOR-8', (t) =>
    concat(
      rawMap([
        [uint(1), t.k],
        [uint(2), groupsOf(t)],
      ]),
      uint(0),
    ),
  ),
  table('extra-key', 'a third key is refused', 'KW-TAB-1', (t) =>
    rawMap([
      [uint(1), t.k],
      [uint(2), groupsOf(t)],
      [uint(3), uint(0)],
    ]),
  ),
  table('no-k', 'a table without k is refused', 'KW-TAB-1', (t) => rawMap([[uint(2), groupsOf(t)]])),
  table('no-groups', 'a table without its groups is refused', 'KW-TAB-1', (t) => rawMap([[uint(1), t.k]])),
  table('groups-map', 'groups in a map are refused', 'KW-TAB-1', (t) =>
    rawMap([
      [uint(1), t.k],
      [uint(2), map([])],
    ]),
  ),
  table('k-text', 'a k that is text is refused', 'KW-TAB-1', (t) =>
    rawMap([
      [uint(1), tstr('1')],
      [uint(2), groupsOf(t)],
    ]),
  ),
]
