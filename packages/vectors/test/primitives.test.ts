import { expect, test } from 'vitest'
import { chunkNonce } from '../generate/body.ts'
import { fromHex, hex, utf8 } from '../generate/bytes.ts'
import { multiply } from '../generate/shamir.ts'
import { xaesOpen, xaesSeal } from '../generate/xaes.ts'

const nonce = utf8('ABCDEFGHIJKLMNOPQRSTUVWX')

test.each([
  ['01', '', 'ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271'],
  ['03', 'c2sp.org/XAES-256-GCM', '986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d'],
])('XAES-256-GCM under a key of %s bytes gives its published ciphertext', (byte, aad, expected) => {
  const key = fromHex(byte.repeat(32))
  const sealed = xaesSeal(key, nonce, utf8('XAES-256-GCM'), utf8(aad))
  expect(hex(sealed)).toBe(expected)
  expect(Buffer.from(xaesOpen(key, nonce, sealed, utf8(aad))).toString()).toBe('XAES-256-GCM')
})

test('a chunk number changes only the last five bytes of the nonce', () => {
  const base = fromHex('ff'.repeat(12))
  expect(hex(chunkNonce(base, 2n ** 38n - 1n))).toBe('ffffffffffffffc000000000')
  expect(hex(chunkNonce(base, 2n ** 32n))).toBe('fffffffffffffffeffffffff')
})

test('multiplication follows the worked product of FIPS 197, section 4.2', () => {
  expect(multiply(0x57, 0x83)).toBe(0xc1)
})
