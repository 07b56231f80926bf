import { crc32 } from 'node:zlib'
import { expect, test } from 'vitest'
import { crc32c } from '../src/crc32c.ts'

const text = (value: string): Uint8Array => Buffer.from(value)

// RFC 3720, appendix B.4; the check value of the polynomial; two values that the service itself was seen to send.
test.each<readonly [string, Uint8Array, number]>([
  ['nothing', new Uint8Array(0), 0],
  ['32 zero bytes', new Uint8Array(32), 0x8a9136aa],
  ['32 bytes of ones', new Uint8Array(32).fill(0xff), 0x62a8ab43],
  ['32 rising bytes', Uint8Array.from({ length: 32 }, (_, index) => index), 0x46dd794e],
  ['32 falling bytes', Uint8Array.from({ length: 32 }, (_, index) => 31 - index), 0x113fdb5c],
  ['the digits 1 to 9', text('123456789'), 0xe3069283],
  ['a plaintext of the service', text('a secret'), 140_104_572],
  ['another plaintext of the service', text("I'm a secret message!"), 4_279_218_760],
])('the checksum of %s is right', (_, bytes, checksum) => {
  expect(crc32c(bytes)).toBe(checksum)
})

test("it is the Castagnoli checksum that the service asks for, not zlib's", () => {
  expect(crc32c(text('123456789'))).not.toBe(crc32('123456789'))
})
