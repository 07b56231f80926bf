import type { AssociatedData } from '../../src/index.ts'
import type { Scenario } from '../scenario.ts'

const absent: AssociatedData = { type: 'absent' }
const text = (value: string): AssociatedData => ({ type: 'text', text: value })
const bytes = (value: string): AssociatedData => ({ type: 'bytes', hex: value })
const map = (value: Record<string, string>): AssociatedData => ({ type: 'map', map: value })

const opens = (
  id: string,
  title: string,
  sealed: AssociatedData,
  reader: AssociatedData = sealed,
): Scenario => ({
  id: `associated-data-${id}`,
  title,
  requirements: ['KW-AD-1', 'KW-AD-2'],
  plaintext: 'row',
  associatedData: sealed,
  reader: { associatedData: reader },
})

const refused = (id: string, title: string, sealed: AssociatedData, reader: AssociatedData): Scenario => ({
  ...opens(id, title, sealed, reader),
  requirements: ['KW-AD-2', 'KW-AD-4', 'KW-BOD-4'],
  code: 'authentication-failed',
})

/** Kinds of associated data, and what may not pass for what. */
export const associatedData: readonly Scenario[] = [
  opens('absent', 'associated data is absent', absent),
  opens('empty-text', 'empty text', text('')),
  opens('empty-bytes', 'empty bytes', bytes('')),
  opens('empty-text-as-bytes', 'empty text and empty bytes are one', text(''), bytes('')),
  opens('empty-map', 'the empty map', map({})),
  opens('map', 'a map', map({ table: 'orders', row: '1' })),
  opens('text', 'text', text('zeile/\u00e4')),
  opens('text-as-bytes', 'text and its UTF-8 bytes are one', text('zeile/\u00e4'), bytes('7a65696c652fc3a4')),
  opens('full', '65,536 bytes', { type: 'bytes', hex: { length: 65_536, repeat: '61' } }),
  opens(
    'map-order',
    'a map is encoded in the order of its encoded names',
    map({ aa: '1', b: '2', '\u{10000}': '3', '\uffffa': '4' }),
  ),
  opens('map-long-value', 'a map value may be longer than a context value', map({ doc: 'x'.repeat(3000) })),
  refused('other-row', 'another row is refused', text('orders/1'), text('orders/2')),
  refused('left-out', 'leaving it out is refused', text('orders/1'), absent),
  refused('added', 'adding some is refused', absent, text('orders/1')),
  refused('empty-for-absent', 'empty text is not absent', absent, text('')),
  refused('absent-for-empty', 'absent is not empty text', text(''), absent),
  refused('empty-map-for-absent', 'the empty map is not absent', absent, map({})),
  refused('empty-map-for-empty', 'the empty map is not empty text', text(''), map({})),
  refused('map-bytes', 'the bytes of a map are not the map', map({ a: 'b' }), bytes('a161616162')),
  refused('map-shifted', 'the map {a: bc} is not {ab: c}', map({ ab: 'c' }), map({ a: 'bc' })),
]
