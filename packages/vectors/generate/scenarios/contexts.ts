import { textMap } from '../cbor.ts'
import type { Scenario } from '../scenario.ts'

const numbered = (count: number, value = 'v'): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`name-${String(i).padStart(2, '0')}`, value]))

/** Sixteen pairs whose contextBytes are exactly 4,096 bytes. */
export function fullContext(extra = 0): Record<string, string> {
  const pairs = numbered(16, 'x'.repeat(240))
  const missing = 4096 + extra - textMap(pairs).length
  return { ...pairs, 'name-15': 'x'.repeat(240 + missing - (240 + missing > 255 ? 1 : 0)) }
}

const opens = (id: string, title: string, more: Partial<Scenario>): Scenario => ({
  id: `context-${id}`,
  title,
  requirements: ['KW-CTX-1', 'KW-CTX-3', 'KW-CTX-7'],
  plaintext: 'context',
  ...more,
})

const mismatch = (
  id: string,
  title: string,
  context: Record<string, string>,
  more: Partial<Scenario> = {},
): Scenario => ({
  id: `context-${id}`,
  title,
  requirements: ['KW-CTX-7', 'KW-OPN-2'],
  plaintext: 'context',
  context: { tenant: 'acme', table: 'orders' },
  reader: { context },
  code: 'context-mismatch',
  ...more,
})

/** Contexts that open, and expectations that differ from the stored one. */
export const contexts: readonly Scenario[] = [
  opens('empty', 'the empty context', { context: {} }),
  opens('ab-c', 'the pair {ab: c}, whose commitment differs from that of {a: bc}', { context: { ab: 'c' } }),
  opens('a-bc', 'the pair {a: bc}, whose commitment differs from that of {ab: c}', { context: { a: 'bc' } }),
  opens('empty-value', 'a pair with an empty value', { context: { tenant: 'acme', note: '' } }),
  opens('no-such-name', 'the same without the empty pair has another commitment', {
    context: { tenant: 'acme' },
  }),
  opens('order-by-length', 'b comes before aa', {
    context: { aa: '1', b: '2' },
    requirements: ['KW-CBOR-3'],
  }),
  opens('order-by-utf8', 'U+FFFF followed by a comes before U+10000', {
    context: { '\u{10000}': '1', '\uffffa': '2' },
    requirements: ['KW-CBOR-3'],
  }),
  opens('no-normalisation', 'two spellings of one letter are two names', {
    context: { '\u00e9': 'composed', 'e\u0301': 'decomposed' },
    requirements: ['KW-CBOR-5'],
  }),
  opens('proto', 'the name __proto__ is an ordinary name', {
    context: JSON.parse('{"__proto__":"x","constructor":"y"}') as Record<string, string>,
  }),
  opens('byte-order-mark', 'a leading U+FEFF is kept', {
    context: { '\ufeffname': '\ufeffvalue' },
    requirements: ['KW-CBOR-5'],
  }),
  opens('withheld', 'a withheld value stays out of the preamble', {
    context: { tenant: 'acme', patient: '4711' },
    withheld: ['patient'],
    requirements: ['KW-CTX-6', 'KW-PRE-3'],
  }),
  opens('withheld-all', 'withheld names stand in encoded order', {
    context: { aa: '1', b: '2', '\u{10000}': '3', '\uffffa': '4' },
    withheld: ['aa', '\u{10000}', 'b', '\uffffa'],
    requirements: ['KW-CTX-6', 'KW-PRE-3'],
  }),
  opens('full', 'sixteen pairs of 4,096 bytes together', {
    context: fullContext(),
    requirements: ['KW-CTX-2', 'KW-CTX-3'],
  }),
  opens('long-name', 'a name of 255 bytes', {
    context: { ['n'.repeat(255)]: 'v' },
    requirements: ['KW-CTX-2'],
  }),
  opens('long-value', 'a value of 2,048 bytes', {
    context: { n: 'v'.repeat(2048) },
    requirements: ['KW-CTX-2'],
  }),
  mismatch('other-value', 'another tenant is refused before any unwrap', { tenant: 'blue', table: 'orders' }),
  mismatch('fewer-names', 'a name that the reader does not expect is refused', { tenant: 'acme' }),
  mismatch('more-names', 'a name that the header lacks is refused', {
    tenant: 'acme',
    table: 'orders',
    row: '1',
  }),
  mismatch('other-name', 'the same value under another name is refused', { tenant: 'acme', Table: 'orders' }),
  mismatch('not-stated', 'a reader that states nothing expects the empty context', {}),
  mismatch('empty-for-missing', 'an expected empty value is not a missing name', {
    tenant: 'acme',
    table: 'orders',
    note: '',
  }),
  mismatch(
    'missing-for-empty',
    'a missing name is not an empty value',
    { tenant: 'acme' },
    { context: { tenant: 'acme', note: '' } },
  ),
  mismatch('shifted', '{a: bc} is refused where {ab: c} was sealed', { a: 'bc' }, { context: { ab: 'c' } }),
  mismatch('swapped', 'values that changed places are refused', { tenant: 'orders', table: 'acme' }),
  mismatch(
    'withheld-not-named',
    'a withheld name has to be expected too',
    { tenant: 'acme' },
    {
      context: { tenant: 'acme', patient: '4711' },
      withheld: ['patient'],
    },
  ),
  mismatch(
    'stored-altered',
    'an altered stored value is refused by who expects the true one',
    { tenant: 'acme' },
    {
      context: { tenant: 'acme' },
      edit: (input) => input.with(Buffer.from(input).indexOf('acme'), 0x62),
    },
  ),
  mismatch(
    'stored-altered-and-expected',
    'an altered stored value fails at the key check of who expects it',
    { tenant: 'bcme' },
    {
      requirements: ['KW-KEY-2'],
      context: { tenant: 'acme' },
      edit: (input) => input.with(Buffer.from(input).indexOf('acme'), 0x62),
      code: 'authentication-failed',
    },
  ),
  mismatch(
    'withheld-wrong',
    'a wrong withheld value fails at the key check',
    { tenant: 'acme', patient: '4712' },
    {
      requirements: ['KW-CTX-9', 'KW-KEY-2'],
      context: { tenant: 'acme', patient: '4711' },
      withheld: ['patient'],
      code: 'authentication-failed',
    },
  ),
]
