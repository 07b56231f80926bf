import { endianness } from 'node:os'
import { expect, test } from 'vitest'
import { readUlong } from '../src/ck-ulong.ts'

test.each([
  ['LE', '2000000000000000'],
  ['LE', '20000000'],
  ['BE', '0000000000000020'],
  ['BE', '00000020'],
] as const)('a number of a token is read in the order of a machine that is %s: %s', (order, hex) => {
  expect(readUlong(Buffer.from(hex, 'hex'), order)).toBe(32)
})

test('the order is that of this machine where none is said', () => {
  const own = Buffer.alloc(8)
  if (endianness() === 'LE') own.writeBigUInt64LE(32n)
  else own.writeBigUInt64BE(32n)
  expect(readUlong(own)).toBe(32)
})

test('what is too short for a number is none', () => {
  expect([readUlong(undefined), readUlong(Buffer.of(1))]).toEqual([-1, -1])
})
