import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isKeywrightError } from '@keywright/core'
import { expect, test } from 'vitest'
import { openFile, sealFile, verifyFile } from '../src/index.ts'
import { ringOf } from './memory-kek.ts'
import { randomFile, testFolder } from './test-folder.ts'

const block = 4096
const bodyAt = 3 * block

async function sealedBytes(folder: string, length: number): Promise<Buffer> {
  randomFile(join(folder, 'p'), length)
  await sealFile(join(folder, 'p'), join(folder, 's'), { keys: ringOf('a') })
  return readFileSync(join(folder, 's'))
}

async function codeOfOpening(folder: string, bytes: Uint8Array): Promise<string> {
  writeFileSync(join(folder, 's'), bytes)
  try {
    await openFile(join(folder, 's'), join(folder, 'o'), { keys: ringOf('a') })
    return 'opened'
  } catch (error) {
    expect(readdirSync(folder).sort()).toEqual(['p', 's'])
    return isKeywrightError(error) ? error.code : 'no code'
  }
}

test.each([
  ['magic', 0, 'malformed-envelope'],
  ['version', 4, 'unsupported-version'],
  ['reserved byte', 7, 'malformed-envelope'],
  ['padding of block 0', block - 1, 'malformed-envelope'],
  ['salt', bodyAt, 'authentication-failed'],
  ['commitment', bodyAt + 24, 'authentication-failed'],
  ['first chunk', bodyAt + 56, 'authentication-failed'],
  ['first tag', bodyAt + 56 + 16_384, 'authentication-failed'],
  ['chunk in the middle', bodyAt + 56 + 100 * 16_400 + 9, 'authentication-failed'],
  ['last byte', -1, 'authentication-failed'],
] as const)('a flipped bit in the %s is refused, and nothing is left', async (_where, offset, code) => {
  const folder = testFolder()
  const bytes = await sealedBytes(folder, 200 * 16_384 + 5)
  const at = offset < 0 ? bytes.length + offset : offset
  bytes[at] = (bytes[at] ?? 0) ^ 1
  expect(await codeOfOpening(folder, bytes)).toBe(code)
})

test('a flipped bit in the key check or the preamble is refused', async () => {
  const folder = testFolder()
  const bytes = await sealedBytes(folder, 5)
  for (let at = 8; at < 12 + bytes.readUInt32BE(8) + 16; at++) {
    const altered = Buffer.from(bytes)
    altered[at] = (altered[at] ?? 0) ^ 1
    expect(await codeOfOpening(folder, altered)).not.toBe('opened')
  }
})

test('one damaged page leaves the file readable, two do not', async () => {
  const folder = testFolder()
  const bytes = await sealedBytes(folder, 5)
  const damaged = Buffer.from(bytes)
  damaged.writeUInt8(0xff, block + 20)
  writeFileSync(join(folder, 's'), damaged)
  expect(await verifyFile(join(folder, 's'), { keys: ringOf('a') })).toMatchObject({ plaintextBytes: 5 })
  damaged.writeUInt8(0xff, 2 * block + 20)
  expect(await codeOfOpening(folder, damaged)).toBe('malformed-envelope')
})

test.each([0, 3, 11, 12, block, 2 * block, bodyAt - 1])(
  'a file cut to %i bytes of its header is truncated',
  async (length) => {
    const folder = testFolder()
    const bytes = await sealedBytes(folder, 5)
    expect(await codeOfOpening(folder, bytes.subarray(0, length))).toBe('truncated')
  },
)

test.each([
  ['before the body', 0, 'truncated'],
  ['inside the commitment', 55, 'truncated'],
  ['after the commitment', 56, 'truncated'],
  ['after the first chunk', 56 + 16_400, 'truncated'],
  ['inside a chunk', 56 + 16_400 + 100, 'authentication-failed'],
] as const)('a body cut %s is refused', async (_where, length, code) => {
  const folder = testFolder()
  const bytes = await sealedBytes(folder, 3 * 16_384)
  expect(await codeOfOpening(folder, bytes.subarray(0, bodyAt + length))).toBe(code)
})

test('appended bytes are refused', async () => {
  const folder = testFolder()
  const bytes = await sealedBytes(folder, 5)
  expect(await codeOfOpening(folder, Buffer.concat([bytes, Buffer.of(0)]))).toBe('authentication-failed')
})

test('two swapped chunks are refused', async () => {
  const folder = testFolder()
  const bytes = await sealedBytes(folder, 3 * 16_384)
  const [first, second] = [bodyAt + 56, bodyAt + 56 + 16_400]
  const swapped = Buffer.concat([
    bytes.subarray(0, first),
    bytes.subarray(second, second + 16_400),
    bytes.subarray(first, second),
    bytes.subarray(second + 16_400),
  ])
  expect(await codeOfOpening(folder, swapped)).toBe('authentication-failed')
})
