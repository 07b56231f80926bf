import { expect, test } from 'vitest'
import { importMacKey } from '../src/crypto/primitives.ts'
import { associatedDataBytes } from '../src/format/associated-data.ts'
import { canonicalContext, type EncryptionContext, keyContext } from '../src/format/context.ts'
import { keyCheck } from '../src/format/key-checks.ts'
import { makePreamble } from '../src/format/preamble.ts'
import { keyring, open, seal } from '../src/index.ts'
import { memoryKek } from './memory-kek.ts'
import { codeOf } from './outcome.ts'

const pairs = (count: number): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [`n${at}`, '']))

const contexts: readonly (readonly [what: string, context: unknown, code: string])[] = [
  ['another value than a map', 'tenant', 'invalid-argument'],
  ['null', null, 'invalid-argument'],
  ['an empty name', { '': 'x' }, 'invalid-argument'],
  ['a value that is no text', { a: 1 }, 'invalid-argument'],
  ['a lone surrogate in a value', { a: '\uD800' }, 'invalid-argument'],
  ['a lone surrogate in a name', { '\uDC00': 'x' }, 'invalid-argument'],
  ['a reserved name', { 'keywright:v1': 'x' }, 'invalid-argument'],
  ['a reserved name in capitals', { 'KeyWright:x': 'x' }, 'invalid-argument'],
  ['17 pairs', pairs(17), 'limit-exceeded'],
  ['a name of 256 bytes', { ['n'.repeat(256)]: 'x' }, 'limit-exceeded'],
  ['a name of 128 two-byte characters', { ['é'.repeat(128)]: 'x' }, 'limit-exceeded'],
  ['a value of 2,049 bytes', { a: 'v'.repeat(2049) }, 'limit-exceeded'],
  ['a value of 1,025 two-byte characters', { a: 'é'.repeat(1025) }, 'limit-exceeded'],
  ['more than 4,096 bytes in all', { a: 'v'.repeat(2048), b: 'v'.repeat(2048) }, 'limit-exceeded'],
]

for (const [what, context, code] of contexts) {
  test(`a context with ${what} is refused`, async () => {
    expect(await codeOf(() => canonicalContext(context as Record<string, string>))).toBe(code)
  })
}

test('the largest context is accepted', () => {
  expect(canonicalContext(pairs(16)).pairs.size).toBe(16)
  expect(canonicalContext({ ['n'.repeat(255)]: 'v'.repeat(2048) }).pairs.size).toBe(1)
})

const associated: readonly (readonly [what: string, data: unknown, code: string])[] = [
  ['a number', 7, 'invalid-argument'],
  ['a lone surrogate', '\uD800', 'invalid-argument'],
  ['a map with an empty name', { '': 'x' }, 'invalid-argument'],
  ['65,537 bytes', new Uint8Array(65_537), 'limit-exceeded'],
  ['65,537 characters', 'x'.repeat(65_537), 'limit-exceeded'],
  ['17 pairs', pairs(17), 'limit-exceeded'],
]

for (const [what, data, code] of associated) {
  test(`associated data of ${what} is refused`, async () => {
    expect(await codeOf(() => associatedDataBytes(data as string))).toBe(code)
  })
}

test('absent, empty text, no bytes and an empty map: only text and bytes are one', () => {
  const hex = [undefined, '', new Uint8Array(0), {}].map((data) =>
    Buffer.from(associatedDataBytes(data)).toString('hex'),
  )
  expect(hex).toEqual(['', '00', '00', '01a0'])
})

test('text is its UTF-8 bytes', () => {
  expect(associatedDataBytes('é')).toEqual(associatedDataBytes(new Uint8Array([0xc3, 0xa9])))
})

// KW-NOT-2
test('what is bound cannot run into its neighbour', async () => {
  const dek = await importMacKey(new Uint8Array(32).fill(1))
  const [one, two] = [new Uint8Array([1, 2]), new Uint8Array([3])]
  const [three, four] = [new Uint8Array([1]), new Uint8Array([2, 3])]
  expect(await keyCheck(dek, one, two)).not.toEqual(await keyCheck(dek, three, four))
})

// KW-NOT-4
test('a share and a DEK of one context are bound differently', async () => {
  const context = canonicalContext({ tenant: 'a' })
  const [dek, share] = [await keyContext('dek', context), await keyContext('share', context)]
  expect(dek.digest).not.toEqual(share.digest)
})

test('a withheld value is not stored in the preamble', () => {
  const preamble = makePreamble(canonicalContext({ a: 'x', b: 'y' }), ['a'], 'single')
  expect([[...preamble.storedContext], preamble.withheldNames]).toEqual([[['b', 'y']], ['a']])
})

const noMaps: readonly (readonly [string, unknown])[] = [
  ['a Map', new Map([['tenant', 'a']])],
  ['an empty list', []],
  ['a list', ['a']],
  ['a promise', Promise.resolve({ tenant: 'a' })],
  ['an ArrayBuffer', new ArrayBuffer(8)],
  ['URL parameters', new URLSearchParams('tenant=a')],
  ['null', null],
]

for (const [what, value] of noMaps) {
  test(`${what} is no map of text, and is never taken for {}`, async () => {
    const context = value as EncryptionContext
    expect(await codeOf(() => canonicalContext(context))).toBe('invalid-argument')
    expect(await codeOf(() => associatedDataBytes(context))).toBe('invalid-argument')
    const keys = keyring({ seal: [memoryKek({ name: 'one' })], cache: {} })
    const sealed = await seal('x', { keys })
    await open(sealed, { keys })
    expect(await codeOf(seal('x', { keys, context }))).toBe('invalid-argument')
    expect(await codeOf(open(sealed, { keys, context }))).toBe('invalid-argument')
  })
}
