import { concat, fromHex } from '../bytes.ts'
import { array, type Entry, longHead, map, rawMap, rawText, textMap, tstr, uint } from '../cbor.ts'
import type { Scenario } from '../scenario.ts'

const context = { tenant: 'acme' }

const preamble = (id: string, title: string, requirement: string, bytes: Uint8Array): Scenario => ({
  id: `preamble-${id}`,
  title,
  requirements: [requirement, 'KW-CBOR-9'],
  context,
  plaintext: 'cbor',
  preamble: () => bytes,
  code: 'malformed-envelope',
})

const stored = textMap(context)
const none = array([])

/** A preamble with one of its three values replaced. */
function values(context: Uint8Array, withheld: Uint8Array = none, dekUse: Uint8Array = uint(0)): Uint8Array {
  return rawMap([
    [uint(1), context],
    [uint(2), withheld],
    [uint(3), dekUse],
  ])
}

const good = values(stored)
const pair: Entry = [tstr('tenant'), tstr('acme')]
const withText = (bytes: string): Uint8Array => values(rawMap([[tstr('tenant'), rawText(fromHex(bytes))]]))
const nested = (depth: number): Uint8Array => (depth === 0 ? uint(0) : array([nested(depth - 1)]))

/** Preambles in which one rule of the CBOR subset, or of the preamble's shape, is broken. */
export const preambleFaults: readonly Scenario[] = [
  preamble(
    'long-uint',
    'an integer in a longer head than it needs is refused',
    'KW-CBOR-2',
    values(stored, none, longHead(0x18, 0, 1)),
  ),
  preamble(
    'long-key',
    'a map key in a longer head is refused',
    'KW-CBOR-2',
    rawMap([
      [longHead(0x18, 1, 1), stored],
      [uint(2), none],
      [uint(3), uint(0)],
    ]),
  ),
  preamble(
    'long-text-length',
    'a text length in a longer head is refused',
    'KW-CBOR-2',
    values(rawMap([[tstr('tenant'), concat(longHead(0x78, 4, 1), Buffer.from('acme'))]])),
  ),
  preamble(
    'long-map-count',
    'a map count in a longer head is refused',
    'KW-CBOR-2',
    values(concat(longHead(0xb8, 1, 1), ...pair)),
  ),
  preamble(
    'long-array-count',
    'an array count in a longer head is refused',
    'KW-CBOR-2',
    values(stored, longHead(0x98, 0, 1)),
  ),
  preamble(
    'key-order',
    'map keys out of order are refused',
    'KW-CBOR-3',
    rawMap([
      [uint(2), none],
      [uint(1), stored],
      [uint(3), uint(0)],
    ]),
  ),
  preamble(
    'name-order-length',
    'aa before b is refused',
    'KW-CBOR-3',
    values(
      rawMap([
        [tstr('aa'), tstr('1')],
        [tstr('b'), tstr('2')],
      ]),
    ),
  ),
  preamble(
    'name-order-utf16',
    'the order of UTF-16 code units is refused',
    'KW-CBOR-3',
    values(
      rawMap([
        [tstr('\u{10000}'), tstr('1')],
        [tstr('\uffffa'), tstr('2')],
      ]),
    ),
  ),
  preamble(
    'key-twice',
    'a key that occurs twice is refused',
    'KW-CBOR-4',
    rawMap([
      [uint(1), stored],
      [uint(1), stored],
      [uint(2), none],
      [uint(3), uint(0)],
    ]),
  ),
  preamble('name-twice', 'a name that occurs twice is refused', 'KW-CBOR-4', values(rawMap([pair, pair]))),
  preamble(
    'indefinite-map',
    'a map of indefinite length is refused',
    'KW-CBOR-1',
    values(concat(fromHex('bf'), ...pair, fromHex('ff'))),
  ),
  preamble(
    'indefinite-array',
    'an array of indefinite length is refused',
    'KW-CBOR-1',
    values(stored, fromHex('9fff')),
  ),
  preamble(
    'indefinite-text',
    'text of indefinite length is refused',
    'KW-CBOR-1',
    values(rawMap([[tstr('tenant'), concat(fromHex('7f'), tstr('acme'), fromHex('ff'))]])),
  ),
  preamble(
    'float',
    'a floating point number is refused',
    'KW-CBOR-1',
    values(stored, none, fromHex('f90000')),
  ),
  preamble('negative', 'a negative integer is refused', 'KW-CBOR-1', values(stored, none, fromHex('20'))),
  preamble('tag', 'a tag is refused', 'KW-CBOR-1', values(stored, none, fromHex('c100'))),
  preamble(
    'self-described',
    'the tag of self-described CBOR is refused',
    'KW-CBOR-1',
    concat(fromHex('d9d9f7'), good),
  ),
  preamble('false', 'false is refused', 'KW-CBOR-1', values(stored, none, fromHex('f4'))),
  preamble('null', 'null is refused', 'KW-CBOR-1', values(stored, none, fromHex('f6'))),
  preamble('undefined', 'undefined is refused', 'KW-CBOR-1', values(stored, none, fromHex('f7'))),
  preamble(
    'reserved-info',
    'a reserved additional information is refused',
    'KW-CBOR-1',
    values(stored, none, fromHex('1c')),
  ),
  preamble(
    'uint-too-large',
    'an integer over 2^53 - 1 is refused',
    'KW-CBOR-1',
    values(stored, none, uint(2n ** 53n)),
  ),
  preamble('text-overlong', 'overlong UTF-8 is refused', 'KW-CBOR-5', withText('c0af')),
  preamble('text-surrogate', 'a lone surrogate is refused', 'KW-CBOR-5', withText('eda080')),
  preamble('text-cesu', 'a pair of surrogates as CESU-8 is refused', 'KW-CBOR-5', withText('eda080edb080')),
  preamble('text-above', 'a code point above U+10FFFF is refused', 'KW-CBOR-5', withText('f4908080')),
  preamble('text-cut', 'a cut UTF-8 sequence is refused', 'KW-CBOR-5', withText('6163e282')),
  preamble('text-latin1', 'Latin-1 text is refused', 'KW-CBOR-5', withText('e4')),
  preamble('depth-6', 'six nested containers are refused', 'KW-CBOR-6', values(stored, nested(5))),
  preamble(
    'text-over-end',
    'a text longer than the rest is refused',
    'KW-CBOR-7',
    concat(good.slice(0, -1), fromHex('7a00100000')),
  ),
  preamble(
    'array-over-end',
    'an array larger than the rest is refused',
    'KW-CBOR-7',
    concat(good.slice(0, -1), fromHex('9affffffff')),
  ),
  preamble(
    'bytes-over-end',
    'a 64-bit length is refused',
    'KW-CBOR-7',
    concat(good.slice(0, -1), fromHex('5bffffffffffffffff')),
  ),
  preamble('cut', 'an item without its last byte is refused', 'KW-CBOR-7', good.slice(0, -1)),
  preamble('trailing', 'a byte after the item is refused', 'KW-CBOR-8', concat(good, uint(0))),
  preamble(
    'extra-key',
    'a fourth key is refused',
    'KW-PRE-1',
    rawMap([
      [uint(1), stored],
      [uint(2), none],
      [uint(3), uint(0)],
      [uint(4), uint(0)],
    ]),
  ),
  preamble(
    'other-key',
    'another key in place of 3 is refused',
    'KW-PRE-1',
    rawMap([
      [uint(1), stored],
      [uint(2), none],
      [uint(4), uint(0)],
    ]),
  ),
  preamble(
    'no-context',
    'a preamble without its context is refused',
    'KW-PRE-1',
    rawMap([
      [uint(2), none],
      [uint(3), uint(0)],
    ]),
  ),
  preamble(
    'no-withheld',
    'a preamble without its withheld names is refused',
    'KW-PRE-1',
    rawMap([
      [uint(1), stored],
      [uint(3), uint(0)],
    ]),
  ),
  preamble(
    'no-dek-use',
    'a preamble without dekUse is refused',
    'KW-PRE-1',
    rawMap([
      [uint(1), stored],
      [uint(2), none],
    ]),
  ),
  preamble('array', 'a preamble that is an array is refused', 'KW-PRE-1', array([stored, none, uint(0)])),
  preamble(
    'text-keys',
    'keys of text are refused',
    'KW-PRE-1',
    rawMap([
      [tstr('1'), stored],
      [tstr('2'), none],
      [tstr('3'), uint(0)],
    ]),
  ),
  preamble(
    'context-array',
    'a context that is an array is refused',
    'KW-PRE-2',
    values(array([array(pair)])),
  ),
  preamble(
    'context-value-uint',
    'a context value that is a number is refused',
    'KW-PRE-2',
    values(rawMap([[tstr('tenant'), uint(7)]])),
  ),
  preamble(
    'context-value-bytes',
    'a context value of bytes is refused',
    'KW-PRE-2',
    values(rawMap([[tstr('tenant'), fromHex('4461636d65')]])),
  ),
  preamble(
    'context-name-uint',
    'a context name that is a number is refused',
    'KW-PRE-2',
    values(rawMap([[uint(7), tstr('acme')]])),
  ),
  preamble(
    'context-name-empty',
    'an empty context name is refused',
    'KW-PRE-6',
    values(textMap({ '': 'acme' })),
  ),
  preamble(
    'context-reserved',
    'a stored reserved name is refused',
    'KW-CTX-4',
    values(textMap({ 'keywright:v1': 'dek' })),
  ),
  preamble(
    'context-reserved-case',
    'a stored reserved name in another case is refused',
    'KW-CTX-4',
    values(textMap({ 'KeyWright:x': 'dek' })),
  ),
  preamble('withheld-map', 'withheld names in a map are refused', 'KW-PRE-3', values(stored, map([]))),
  preamble(
    'withheld-order',
    'withheld names out of order are refused',
    'KW-PRE-3',
    values(stored, array([tstr('aa'), tstr('b')])),
  ),
  preamble(
    'withheld-twice',
    'a withheld name that occurs twice is refused',
    'KW-PRE-3',
    values(stored, array([tstr('a'), tstr('a')])),
  ),
  preamble(
    'withheld-stored',
    'a name both stored and withheld is refused',
    'KW-PRE-3',
    values(stored, array([tstr('tenant')])),
  ),
  preamble(
    'withheld-empty',
    'an empty withheld name is refused',
    'KW-PRE-6',
    values(stored, array([tstr('')])),
  ),
  preamble(
    'withheld-uint',
    'a withheld name that is a number is refused',
    'KW-PRE-3',
    values(stored, array([uint(1)])),
  ),
  preamble(
    'withheld-reserved',
    'a withheld reserved name is refused',
    'KW-CTX-4',
    values(stored, array([tstr('keywright:x')])),
  ),
  preamble('dek-use-2', 'a dekUse of 2 is refused', 'KW-PRE-5', values(stored, none, uint(2))),
  preamble('dek-use-text', 'a dekUse that is text is refused', 'KW-PRE-5', values(stored, none, tstr('0'))),
]
