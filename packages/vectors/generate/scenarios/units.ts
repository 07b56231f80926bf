import type { AssociatedData, CborValue, TextMap, Vector, VectorCode } from '../../src/index.ts'
import { chunkNonce, sealChunk } from '../body.ts'
import { concat, countingBytes, fixedBytes, hex, hexOrHash, utf8 } from '../bytes.ts'
import { textMap } from '../cbor.ts'
import { associatedDataBytes, concealedReference, contextDigest, nativeMaps } from '../derive.ts'
import { coefficients, defaultDek, defaultKek, kekKey } from '../parts.ts'
import { share } from '../shamir.ts'
import { xaesSeal } from '../xaes.ts'
import { fullContext } from './contexts.ts'

const payloadKey = fixedBytes('payload key', 32)
const baseNonce = fixedBytes('base nonce', 12)

function chunk(name: string, index: bigint, code?: VectorCode): Vector {
  const plaintext = utf8('one chunk')
  return {
    kind: 'chunk',
    id: `chunk-${name}`,
    title: code === undefined ? `chunk number ${index}` : `chunk number ${index} is refused`,
    requirements: ['KW-BOD-6', 'KW-BOD-7'],
    payloadKey: hex(payloadKey),
    baseNonce: hex(baseNonce),
    index: String(index),
    plaintext: hex(plaintext),
    expected:
      code === undefined
        ? {
            result: 'valid',
            nonce: hex(chunkNonce(baseNonce, index)),
            chunk: hex(sealChunk(payloadKey, baseNonce, index, plaintext)),
          }
        : { result: 'invalid', code },
  }
}

function context(id: string, title: string, pairs: TextMap, code?: VectorCode): Vector {
  const bytes = textMap(pairs)
  const digest = contextDigest('dek', bytes)
  return {
    kind: 'context',
    id: `context-bytes-${id}`,
    title,
    requirements: code === undefined ? ['KW-CTX-3', 'KW-BIND-1', 'KW-BIND-3'] : ['KW-CTX-5'],
    context: pairs,
    expected:
      code === undefined
        ? {
            result: 'valid',
            contextBytes: hex(bytes),
            contextDigest: { dek: hex(digest), share: hex(contextDigest('share', bytes)) },
            nativeMap: nativeMaps(pairs, digest),
          }
        : { result: 'invalid', code },
  }
}

const associated = (id: string, title: string, data: AssociatedData, code?: VectorCode): Vector => ({
  kind: 'associated-data',
  id: `ad-bytes-${id}`,
  title,
  requirements: [code === undefined ? 'KW-AD-2' : 'KW-AD-3'],
  associatedData: data,
  expected:
    code === undefined
      ? { result: 'valid', adBytes: hexOrHash(associatedDataBytes(data)) }
      : { result: 'invalid', code },
})

const cborValid = (id: string, title: string, bytes: string, value: CborValue): Vector => ({
  kind: 'cbor',
  id: `cbor-${id}`,
  title,
  requirements: ['KW-CBOR-1', 'KW-CBOR-8'],
  bytes,
  expected: { result: 'valid', value },
})

const cborInvalid = (id: string, title: string, requirement: string, bytes: string): Vector => ({
  kind: 'cbor',
  id: `cbor-${id}`,
  title,
  requirements: [requirement, 'KW-CBOR-9'],
  bytes,
  expected: { result: 'invalid', code: 'malformed-envelope' },
})

const uints = [0n, 23n, 24n, 255n, 256n, 65_535n, 65_536n, 2n ** 32n - 1n, 2n ** 32n, 2n ** 53n - 1n]

const uintHex = (value: bigint): string => {
  const sizes = [1, 2, 4, 8]
  if (value < 24n) return value.toString(16).padStart(2, '0')
  const power = sizes.findIndex((size) => value < 1n << BigInt(8 * size))
  return `${(24 + power).toString(16)}${value.toString(16).padStart(2 * (sizes[power] ?? 8), '0')}`
}

const pairsOf = (count: number): TextMap =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`n${i}`, 'v']))

const shamir = (k: number, n: number): Vector => ({
  kind: 'shamir',
  id: `shamir-${k}-of-${n}`,
  title: `any ${k} of ${n} shares give the secret back`,
  requirements: ['KW-KOF-1', 'KW-KOF-2'],
  k,
  secret: hex(defaultDek),
  coefficients: coefficients(k).map(hex),
  shares: Array.from({ length: n }, (_, i) => ({
    index: i + 1,
    share: hex(share(defaultDek, coefficients(k), i + 1)),
  })),
})

function localWrap(role: 'dek' | 'share', pairs: TextMap): Vector {
  const digest = contextDigest(role, textMap(pairs))
  const nonce = fixedBytes(`local wrap nonce ${role}`, 24)
  const kek = kekKey(defaultKek)
  return {
    kind: 'local-wrap',
    id: `local-wrap-${role}`,
    title: `a ${role} wrapped by local.xaes-256-gcm`,
    requirements: ['KW-REG-1', 'KW-BIND-1', 'KW-BIND-2'],
    kek: hex(kek),
    nonce: hex(nonce),
    context: pairs,
    role,
    contextDigest: hex(digest),
    plaintext: hex(defaultDek),
    wrapped: hex(concat(nonce, xaesSeal(kek, nonce, defaultDek, digest))),
  }
}

const conceal = (id: string, scheme: string, reference: string): Vector => {
  const concealKey = fixedBytes('conceal key', 32)
  const wrapped = fixedBytes('concealed wrapped', 72)
  return {
    kind: 'concealed-reference',
    id: `concealed-reference-${id}`,
    title: `the concealed reference of a ${scheme} key`,
    requirements: ['KW-CON-1'],
    concealKey: hex(concealKey),
    scheme,
    reference,
    wrapped: hex(wrapped),
    concealed: hex(concealedReference(concealKey, wrapped, scheme, reference)),
  }
}

const arn = 'arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab'

/** Vectors of single computations. */
export const units: readonly Vector[] = [
  chunk('0', 0n),
  chunk('1', 1n),
  chunk('2p31', 2n ** 31n),
  chunk('2p32-1', 2n ** 32n - 1n),
  chunk('2p32', 2n ** 32n),
  chunk('2p38-1', 2n ** 38n - 1n),
  chunk('2p38', 2n ** 38n, 'limit-exceeded'),
  context('empty', 'the empty context', {}),
  context('ab-c', '{ab: c}', { ab: 'c' }),
  context('a-bc', '{a: bc}', { a: 'bc' }),
  context('empty-value', 'an empty value', { tenant: '' }),
  context('order', 'names in the order of their encodings', {
    aa: '1',
    b: '2',
    '\u{10000}': '3',
    '\uffffa': '4',
  }),
  context('full', '4,096 bytes', fullContext()),
  context('pairs-over', '17 pairs are refused', pairsOf(17), 'limit-exceeded'),
  context('name-over', 'a name of 256 bytes is refused', { ['n'.repeat(256)]: 'v' }, 'limit-exceeded'),
  context('value-over', 'a value of 2,049 bytes is refused', { n: 'v'.repeat(2049) }, 'limit-exceeded'),
  context('over', '4,097 bytes are refused', fullContext(1), 'limit-exceeded'),
  context(
    'name-utf8-over',
    'limits count bytes, not characters',
    { ['\u00e4'.repeat(128)]: 'v' },
    'limit-exceeded',
  ),
  context('name-empty', 'an empty name is refused', { '': 'v' }, 'invalid-argument'),
  context(
    'name-surrogate',
    'a name with a lone surrogate is refused',
    { 'a\ud800': 'v' },
    'invalid-argument',
  ),
  context('value-surrogate', 'a value with a lone surrogate is refused', { a: '\udc00' }, 'invalid-argument'),
  context('reserved', 'a reserved name is refused', { 'keywright:v1': 'dek' }, 'invalid-argument'),
  context(
    'reserved-case',
    'a reserved name in another case is refused',
    { 'KEYWRIGHT:x': '' },
    'invalid-argument',
  ),
  context('nearly-reserved', 'a name that only resembles a reserved one is allowed', {
    keywright: '1',
    'my-keywright:x': '2',
  }),
  associated('absent', 'absent', { type: 'absent' }),
  associated('empty-bytes', 'empty bytes', { type: 'bytes', hex: '' }),
  associated('empty-text', 'empty text', { type: 'text', text: '' }),
  associated('empty-map', 'the empty map', { type: 'map', map: {} }),
  associated('text', 'text', { type: 'text', text: 'orders/1' }),
  associated('map', 'a map', { type: 'map', map: { aa: '1', b: '2' } }),
  associated('full', '65,536 bytes', { type: 'bytes', hex: { length: 65_536, repeat: '61' } }),
  associated(
    'over',
    '65,537 bytes are refused',
    { type: 'bytes', hex: { length: 65_537, repeat: '61' } },
    'limit-exceeded',
  ),
  associated(
    'map-pairs-over',
    'a map of 17 pairs is refused',
    { type: 'map', map: pairsOf(17) },
    'limit-exceeded',
  ),
  associated(
    'map-name-over',
    'a map name of 256 bytes is refused',
    { type: 'map', map: { ['n'.repeat(256)]: '' } },
    'limit-exceeded',
  ),
  associated(
    'text-surrogate',
    'text with a lone surrogate is refused',
    { type: 'text', text: '\ud800' },
    'invalid-argument',
  ),
  associated(
    'map-name-empty',
    'an empty map name is refused',
    { type: 'map', map: { '': 'v' } },
    'invalid-argument',
  ),
  ...uints.map((value) =>
    cborValid(`uint-${value}`, `the integer ${value}`, uintHex(value), { uint: String(value) }),
  ),
  cborValid('bytes-empty', 'no bytes', '40', { bytes: '' }),
  cborValid('bytes', 'three bytes', '43010203', { bytes: '010203' }),
  cborValid('bytes-24', 'bytes whose length needs a byte', `5818${hex(countingBytes(0, 24))}`, {
    bytes: hex(countingBytes(0, 24)),
  }),
  cborValid('text-empty', 'no text', '60', { text: '' }),
  cborValid('text', 'text beyond the basic plane', '69c3bcf0908081e6b0b4', { text: '\u00fc\u{10001}\u6c34' }),
  cborValid('text-nul', 'a NUL in text', '6100', { text: '\u0000' }),
  cborValid('text-edges', 'the code points around the surrogates', '66ed9fbfee8080', {
    text: '\ud7ff\ue000',
  }),
  cborValid('array-empty', 'an empty array', '80', { array: [] }),
  cborValid('array', 'an array', '8301024103', { array: [{ uint: '1' }, { uint: '2' }, { bytes: '03' }] }),
  cborValid('map-empty', 'an empty map', 'a0', { map: [] }),
  cborValid('map-mixed', 'integer keys come before longer and text ones', 'a30a01186402616103', {
    map: [
      [{ uint: '10' }, { uint: '1' }],
      [{ uint: '100' }, { uint: '2' }],
      [{ text: 'a' }, { uint: '3' }],
    ],
  }),
  cborValid('depth-5', 'five nested containers', '818181818100', {
    array: [{ array: [{ array: [{ array: [{ array: [{ uint: '0' }] }] }] }] }],
  }),
  cborInvalid('depth-6', 'six nested containers', 'KW-CBOR-6', '81818181818100'),
  cborInvalid(
    'depth-6-empty',
    'a sixth container is refused also where it is empty',
    'KW-CBOR-6',
    '818181818180',
  ),
  cborInvalid('depth-many', 'very deep nesting', 'KW-CBOR-6', `${'81'.repeat(5000)}00`),
  cborInvalid('empty', 'no item', 'KW-CBOR-7', ''),
  cborInvalid('trailing', 'two items', 'KW-CBOR-8', '0000'),
  ...[
    ['uint-8', '1817'],
    ['uint-16', '1900ff'],
    ['uint-32', '1a0000ffff'],
    ['uint-64', '1b00000000ffffffff'],
    ['bytes', '580100'],
    ['text', '780161'],
    ['array', '980100'],
    ['map', 'b8010000'],
  ].map(([id, bytes]) =>
    cborInvalid(`long-${id}`, `a longer head than needed (${id})`, 'KW-CBOR-2', bytes ?? ''),
  ),
  cborInvalid('uint-over', '2^53', 'KW-CBOR-1', '1b0020000000000000'),
  cborInvalid('uint-largest', '2^64 - 1', 'KW-CBOR-1', '1bffffffffffffffff'),
  ...[
    ['negative', '20'],
    ['tag', 'c000'],
    ['half', 'f93c00'],
    ['single', 'fa3f800000'],
    ['double', 'fb3ff0000000000000'],
    ['false', 'f4'],
    ['null', 'f6'],
    ['undefined', 'f7'],
    ['simple', 'f818'],
    ['break', 'ff'],
    ['reserved-28', '1c'],
    ['reserved-30', '5e'],
    ['indefinite-bytes', '5f4100ff'],
    ['indefinite-text', '7f6161ff'],
    ['indefinite-array', '9fff'],
    ['indefinite-map', 'bfff'],
  ].map(([id, bytes]) =>
    cborInvalid(`${id}`, `an item outside the subset (${id})`, 'KW-CBOR-1', bytes ?? ''),
  ),
  ...[
    ['order', 'a202010101', 'KW-CBOR-3'],
    ['order-text', 'a262616101616202', 'KW-CBOR-3'],
    ['twice', 'a201010101', 'KW-CBOR-4'],
    ['odd', 'a201', 'KW-CBOR-7'],
    ['head-cut', '19ff', 'KW-CBOR-7'],
    ['bytes-cut', '430102', 'KW-CBOR-7'],
    ['array-huge', '9affffffff00', 'KW-CBOR-7'],
    ['map-huge', 'bbffffffffffffffff00', 'KW-CBOR-7'],
    ['utf8-overlong', '62c080', 'KW-CBOR-5'],
    ['utf8-surrogate', '63eda080', 'KW-CBOR-5'],
    ['utf8-above', '64f4908080', 'KW-CBOR-5'],
    ['utf8-cut', '62e282', 'KW-CBOR-5'],
    ['utf8-continuation', '6180', 'KW-CBOR-5'],
  ].map(([id, bytes, rule]) => cborInvalid(`${id}`, `refused (${id})`, rule ?? '', bytes ?? '')),
  shamir(2, 3),
  shamir(3, 5),
  conceal('local', 'local', 'vectors'),
  conceal('aws-kms', 'aws-kms', arn),
  localWrap('dek', { tenant: 'acme' }),
  localWrap('share', { tenant: 'acme' }),
]
