import { type CborVector, listVectors, loadVector } from '@keywright/vectors'
import { describe, expect, test } from 'vitest'
import { type CborValue, decodeCbor, encodeCbor } from '../src/format/cbor.ts'
import { codeOf } from './outcome.ts'
import { hexBytes } from './vector-bytes.ts'

const vectors = listVectors()
  .filter(({ kind }) => kind === 'cbor')
  .map(({ id }) => loadVector(id) as CborVector)

describe('CBOR vectors', () => {
  for (const { id, title, bytes, expected } of vectors) {
    test(`${id}: ${title}`, async () => {
      const input = hexBytes(bytes)
      if (expected.result === 'valid') expect(encodeCbor(decodeCbor(input, 'test'))).toEqual(input)
      else expect(await codeOf(() => decodeCbor(input, 'test'))).toBe(expected.code)
    })
  }
})

const refused: readonly (readonly [rule: string, hex: string])[] = [
  ['a number not in its shortest form', '1800'],
  ['a length not in its shortest form', '5801ff'],
  ['bytes after the end', '0000'],
  ['a map out of order', 'a2616200616100'],
  ['a map key used twice', 'a2616100616101'],
  ['a number above 2^53 - 1', '1b0020000000000000'],
  ['an item that ends early', '4201'],
  ['more items stated than there are', '9bffffffffffffffff'],
  ['six containers inside one another', '818181818180'],
  ['text that is not UTF-8', '61ff'],
  ['a surrogate in text', '63eda080'],
  ['a negative number', '20'],
  ['a float', 'f90000'],
  ['null', 'f6'],
  ['a tag', 'c000'],
  ['an indefinite length', '9fff'],
  ['a map key of another type', 'a1400001'],
]

for (const [rule, hex] of refused) {
  test(`${rule} is refused`, async () => {
    expect(await codeOf(() => decodeCbor(hexBytes(hex), 'test'))).toBe('malformed-envelope')
  })
}

test('map keys are written in the order of their encoded bytes, not of their characters', () => {
  const map = new Map<string, CborValue>([
    ['\u{10000}', 4],
    ['\uFFFFa', 3],
    ['aa', 2],
    ['b', 1],
  ])
  const keys = [...(decodeCbor(encodeCbor(map), 'test') as ReadonlyMap<string, CborValue>).keys()]
  expect(keys).toEqual(['b', 'aa', '\uFFFFa', '\u{10000}'])
})
