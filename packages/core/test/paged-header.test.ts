import { expect, test } from 'vitest'
import { decodeHeaderBase, encodeHeaderBase } from '../src/format/header.ts'
import { chooseBlockShift, decodePagedHeader, encodePage, encodePagedHeader } from '../src/format/paged.ts'
import { keyring } from '../src/index.ts'
import { limits } from '../src/limits.ts'
import { memoryKek } from './memory-kek.ts'
import { codeOf, errorOf } from './outcome.ts'
import { sealPaged } from './three-layouts.ts'

const material = new Uint8Array(32).fill(1)

async function paged(): Promise<Uint8Array> {
  return sealPaged('x', { keys: keyring({ seal: [memoryKek({ name: 'one', material })] }) })
}

/** An envelope with a page put in place of one of its own. */
async function withPage(
  envelope: Uint8Array,
  page: 1 | 2,
  content: { readonly generation: number; readonly keyTableBytes: Uint8Array },
): Promise<Uint8Array> {
  const altered = new Uint8Array(envelope)
  altered.set(await encodePage(decodeHeaderBase(envelope), content), page * 4096)
  return altered
}

test('two valid pages of one generation that differ are refused', async () => {
  const envelope = await paged()
  const { header } = await decodePagedHeader(envelope)
  const other = new Uint8Array(header.keyTableBytes)
  other[other.length - 1] = (other.at(-1) ?? 0) ^ 1
  const altered = await withPage(envelope, 2, { generation: 1, keyTableBytes: other })
  expect(await codeOf(decodePagedHeader(altered))).toBe('malformed-envelope')
})

test('the newer of two valid pages counts', async () => {
  const envelope = await paged()
  const { header } = await decodePagedHeader(envelope)
  const altered = await withPage(envelope, 2, { generation: 5, keyTableBytes: header.keyTableBytes })
  const { generation, newestPage, unfinished } = await decodePagedHeader(altered)
  expect([generation, newestPage, unfinished]).toEqual([5, 2, true])
})

test('a page whose digest does not match counts for nothing, even when it is the newer one', async () => {
  const envelope = await paged()
  const { header } = await decodePagedHeader(envelope)
  const altered = await withPage(envelope, 2, { generation: 5, keyTableBytes: header.keyTableBytes })
  altered[8192 + 100] = (altered[8192 + 100] ?? 0) ^ 1
  const { generation, newestPage } = await decodePagedHeader(altered)
  expect([generation, newestPage]).toEqual([1, 1])
})

test('the page of another envelope counts for nothing', async () => {
  const [mine, other] = [await paged(), await paged()]
  const altered = new Uint8Array(mine)
  altered.set(other.subarray(4096, 12_288), 4096)
  const error = await errorOf(decodePagedHeader(altered))
  expect([error.code, error.details.field]).toEqual(['malformed-envelope', 'no-valid-page'])
})

// KW-REW-8
test('a generation of 0 is refused, and one above 2^48 is not written', async () => {
  const envelope = await paged()
  const { header } = await decodePagedHeader(envelope)
  const { keyTableBytes } = header
  const zero = await withPage(envelope, 1, { generation: 0, keyTableBytes })
  expect(await codeOf(decodePagedHeader(zero))).toBe('malformed-envelope')
  const over = encodePage(header, { generation: limits.generation + 1, keyTableBytes })
  expect(await codeOf(over)).toBe('limit-exceeded')
})

test('bytes in the padding of block 0 are refused', async () => {
  const envelope = await paged()
  for (const at of [4095, 28 + decodeHeaderBase(envelope).preambleBytes.length]) {
    const altered = new Uint8Array(envelope)
    altered[at] = 1
    expect(await codeOf(decodePagedHeader(altered))).toBe('malformed-envelope')
  }
})

test('the smallest block that holds preamble and table is chosen', async () => {
  expect(chooseBlockShift(100, 100)).toBe(0)
  expect(chooseBlockShift(4096 - 28, 4096 - 44)).toBe(0)
  expect(chooseBlockShift(4096 - 27, 100)).toBe(1)
  expect(chooseBlockShift(100, 4096 - 43)).toBe(1)
  expect(chooseBlockShift(100, 65_536 - 44)).toBe(4)
  expect(await codeOf(() => chooseBlockShift(100, 65_536 - 43))).toBe('limit-exceeded')
})

test('every block size decodes to what was encoded', async () => {
  const { header } = await decodePagedHeader(await paged())
  for (let blockShift = 0; blockShift <= limits.blockShift; blockShift++) {
    const bytes = await encodePagedHeader({ ...header, blockShift }, header.keyTableBytes)
    const decoded = await decodePagedHeader(bytes)
    expect(decoded).toMatchObject({ generation: 1, newestPage: 1, unfinished: false })
    expect(decoded.header.keyTableBytes).toEqual(header.keyTableBytes)
    expect(encodeHeaderBase(decoded.header)).toEqual(bytes.subarray(0, encodeHeaderBase(header).length))
  }
})
