import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeCbor, encodeCbor } from '../src/format/cbor.ts'
import { canonicalContext } from '../src/format/context.ts'
import { decodeKeyTable, encodeKeyTable, type Slot } from '../src/format/key-table.ts'
import { decodePreamble, encodePreamble, makePreamble } from '../src/format/preamble.ts'
import { formatKeyUri, parseKeyUri } from '../src/index.ts'
import { cborValues } from './decoder-fuzz.ts'

const text = (minLength: number, maxLength: number): fc.Arbitrary<string> =>
  fc.string({ unit: 'grapheme', minLength, maxLength })

test('a CBOR value decodes to what was encoded', () => {
  fc.assert(
    fc.property(cborValues, (value) => {
      expect(decodeCbor(encodeCbor(value), 'test')).toEqual(value)
    }),
  )
})

test('a preamble decodes to what was encoded', () => {
  const contexts = fc.dictionary(text(1, 8), text(0, 40), { maxKeys: 8 })
  fc.assert(
    fc.property(contexts, fc.infiniteStream(fc.boolean()), fc.boolean(), (context, choices, shared) => {
      const withhold = Object.keys(context).filter(() => choices.next().value === true)
      const preamble = makePreamble(canonicalContext(context), withhold, shared ? 'shared' : 'single')
      const decoded = decodePreamble(encodePreamble(preamble))
      expect(Object.fromEntries(decoded.storedContext)).toEqual(Object.fromEntries(preamble.storedContext))
      expect([decoded.withheldNames, decoded.dekUse]).toEqual([preamble.withheldNames, preamble.dekUse])
    }),
  )
})

/** A grapheme can have more bytes than four; schemes and algorithms are limited to 64. */
const tag: fc.Arbitrary<string> = text(1, 16).filter((value) => Buffer.byteLength(value) <= 64)

const slots: fc.Arbitrary<Slot> = fc.record({
  kind: fc.constant(0),
  scheme: tag,
  reference: text(1, 60),
  keyVersion: text(0, 20),
  algorithm: tag,
  wrapped: fc.uint8Array({ minLength: 1, maxLength: 100 }),
})
const names = ({ scheme, reference, keyVersion, algorithm }: Slot): string =>
  JSON.stringify([scheme, reference, keyVersion, algorithm])

test('a key table decodes to what was encoded', () => {
  const several = fc.uniqueArray(slots, { selector: names, minLength: 1, maxLength: 8 })
  fc.assert(
    fc.property(several, (members) => {
      const table = { threshold: 1, groups: [{ index: 0, shareCheck: new Uint8Array(0), slots: members }] }
      expect(decodeKeyTable(encodeKeyTable(table))).toEqual(table)
    }),
  )
})

test('a key URI is parsed to what it was written from', () => {
  const references = fc.stringMatching(/^[!#-;=?-[\]-_a-z{-~]{1,80}$/)
  const schemes = fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/)
  fc.assert(
    fc.property(schemes, references, (scheme, reference) => {
      expect(parseKeyUri(formatKeyUri(scheme, reference))).toMatchObject({ scheme, reference })
    }),
  )
})
