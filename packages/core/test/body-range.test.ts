import { expect, test } from 'vitest'
import { bodyRange } from '../src/body/range.ts'
import type { RangeSource } from '../src/body/range-source.ts'
import { sealBody } from '../src/body/whole.ts'
import { dataKey, memorySource, patterned } from './body-sources.ts'

const context = patterned(40)
const key = await dataKey('range')
const plaintext = patterned(100_000)
const body = await sealBody({ key, context, plaintext })
const good = memorySource(body)

function open(source: RangeSource): ReturnType<typeof bodyRange> {
  return bodyRange({ key, context, source })
}

test('a source may answer in small parts', async () => {
  const source: RangeSource = {
    ...good,
    read: async (at, n) => body.subarray(at, at + Math.min(n, 1 + (at % 700))),
  }
  const reader = await open(source)
  expect(Buffer.compare(await reader.read(10, 80_000), plaintext.subarray(10, 80_010))).toBe(0)
})

test('an answer longer than asked is refused', async () => {
  await expect(open({ ...good, read: async () => body })).rejects.toMatchObject({ code: 'storage-failed' })
})

test('an answer that is no bytes is refused', async () => {
  const read = (async () => 'bytes') as unknown as RangeSource['read']
  await expect(open({ ...good, read })).rejects.toMatchObject({ code: 'storage-failed' })
})

test('a source that ends before its size is truncated', async () => {
  const read: RangeSource['read'] = async (at, n) => body.subarray(0, 50_000).subarray(at, at + n)
  const reader = await open({ ...good, read })
  await expect(reader.read(60_000, 10)).rejects.toMatchObject({ code: 'truncated' })
})

for (const [what, changed] of [
  ['size', { size: body.length + 1 }],
  ['version', { version: 'b' }],
] as const) {
  test(`a source whose ${what} changes is refused`, async () => {
    const source = { ...good, version: 'a' }
    const reader = await open(source)
    await reader.read(0, 10)
    Object.assign(source, changed)
    await expect(reader.read(0, 10)).rejects.toMatchObject({ code: 'conflict' })
  })
}

// KW-BOD-11
test('the commitment is checked before anything else is read', async () => {
  const reads: number[] = []
  const read: RangeSource['read'] = async (at, n) => {
    reads.push(at + n)
    return body.subarray(at, at + n)
  }
  const other = bodyRange({ key, context: patterned(41), source: { ...good, read } })
  await expect(other).rejects.toMatchObject({ code: 'authentication-failed' })
  expect(reads).toEqual([56])
})

// KW-BOD-11
test('a cut body gives what it has, and neither a length nor an end', async () => {
  const reader = await open(memorySource(body.subarray(0, 56 + 3 * 16_400 + 100)))
  expect(Buffer.compare(await reader.read(0, 49_152), plaintext.subarray(0, 49_152))).toBe(0)
  const failed = { code: 'authentication-failed' }
  await expect(reader.size()).rejects.toMatchObject(failed)
  await expect(reader.read(49_000, 10_000)).rejects.toMatchObject(failed)
  await expect(reader.read(1_000_000, 1)).rejects.toMatchObject(failed)
})

test('a boundless size is not believed: the end is read before memory is taken', async () => {
  const source: RangeSource = { size: 2 ** 50, read: async (at, n) => body.subarray(at, at + n) }
  const reader = await open(source)
  await expect(reader.read(0, 2 ** 52)).rejects.toMatchObject({ code: 'truncated' })
})

test('the final chunk is read once for any number of sizes and ends', async () => {
  let reads = 0
  const read: RangeSource['read'] = async (at, n) => {
    reads++
    return body.subarray(at, at + n)
  }
  const reader = await open({ ...good, read })
  expect(await reader.size()).toBe(100_000)
  expect(await reader.size()).toBe(100_000)
  expect((await reader.read(100_000, 5)).length).toBe(0)
  expect(reads).toBe(2)
})

test('an altered chunk fails only the ranges that touch it', async () => {
  const altered = new Uint8Array(body)
  altered[56 + 16_400] = (altered[56 + 16_400] ?? 0) ^ 1
  const reader = await open(memorySource(altered))
  expect((await reader.read(0, 16_384)).length).toBe(16_384)
  await expect(reader.read(16_383, 2)).rejects.toMatchObject({ code: 'authentication-failed' })
  expect(await reader.size()).toBe(100_000)
})

test('what a source throws reaches the caller, and a later read may succeed', async () => {
  let broken = false
  const read: RangeSource['read'] = async (at, n) => {
    if (broken) throw new Error('no network')
    return body.subarray(at, at + n)
  }
  const reader = await open({ ...good, read })
  broken = true
  await expect(reader.size()).rejects.toThrow('no network')
  broken = false
  expect(await reader.size()).toBe(100_000)
})

test('arguments that are no counts are refused', async () => {
  const reader = await open(good)
  for (const [offset, length] of [
    [-1, 1],
    [0.5, 1],
    [0, -1],
    [0, Number.NaN],
  ] as const) {
    await expect(reader.read(offset, length)).rejects.toMatchObject({ code: 'invalid-argument' })
  }
})

test('a closed reader reads no more, and lets reads under way end', async () => {
  const reader = await open(good)
  const reading = reader.read(0, 100_000)
  reader.close()
  expect(Buffer.compare(await reading, plaintext)).toBe(0)
  await expect(reader.read(0, 1)).rejects.toMatchObject({ code: 'invalid-argument' })
})
