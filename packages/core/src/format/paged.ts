import { sha256 } from '../crypto/primitives.ts'
import { KeywrightError } from '../errors.ts'
import { limits } from '../limits.ts'
import { concatBytes, lengthPrefixed, readU32, sameBytes, u32, utf8 } from './byte-strings.ts'
import {
  blockBytes,
  decodeHeaderBase,
  encodeHeaderBase,
  type Header,
  type HeaderBase,
  truncatedHeader,
} from './header.ts'
import { decodeKeyTable } from './key-table.ts'

/** Bytes of a page besides its table: generation 8, length 4, digest 32. */
const pageFrameBytes = 44
const digestBytes = 32
/** Room that a first table is given at least, so that a later one with more slots fits too (KW-PAG-6). */
const roomForTable = 4000
const pageLabel = utf8('keywright-envelope/v1/page\0')

/** One of a file's two key tables. */
export interface Page {
  /** 1 to 2⁴⁸; the higher one counts. */
  readonly generation: number
  readonly keyTableBytes: Uint8Array
}

/** What the first three blocks of a paged envelope say. */
export interface PagedHeader {
  readonly header: Header
  /** Generation of the page that counts. */
  readonly generation: number
  /** The block that holds it: 1 or 2; 1 when both are equal. */
  readonly newestPage: 1 | 2
  /** Whether the pages differ: a rewrap was cut short, and old wrapped keys may still be in the file. */
  readonly unfinished: boolean
}

/**
 * The smallest block shift that holds preamble and table (KW-PAG-6).
 *
 * @throws KeywrightError `limit-exceeded`, with field `keyTable`
 */
export function chooseBlockShift(preambleLength: number, keyTableLength: number): number {
  for (let shift = 0; shift <= limits.blockShift; shift++) {
    const block = blockBytes(shift)
    if (preambleLength <= block - 28 && Math.max(keyTableLength, roomForTable) <= block - pageFrameBytes)
      return shift
  }
  throw tableTooLong()
}

/** Encodes the three blocks of a new paged envelope: generation 1 in both pages. */
export async function encodePagedHeader(
  base: Omit<HeaderBase, 'preamble'>,
  keyTableBytes: Uint8Array,
): Promise<Uint8Array> {
  const block = blockBytes(base.blockShift)
  const bytes = new Uint8Array(3 * block)
  bytes.set(encodeHeaderBase(base))
  const page = await encodePage(base, { generation: 1, keyTableBytes })
  bytes.set(page, block)
  bytes.set(page, 2 * block)
  return bytes
}

/**
 * Encodes one page.
 *
 * @returns a whole block
 * @throws KeywrightError `limit-exceeded` for a table that does not fit: the envelope has to be resealed
 */
export async function encodePage(base: Omit<HeaderBase, 'preamble'>, page: Page): Promise<Uint8Array> {
  const block = blockBytes(base.blockShift)
  if (page.keyTableBytes.length > block - pageFrameBytes) throw tableTooLong()
  if (page.generation > limits.generation) {
    throw new KeywrightError('limit-exceeded', 'this file has been rewrapped as often as it can be', {
      field: 'generation',
    })
  }
  const bytes = new Uint8Array(block)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(page.generation))
  bytes.set(u32(page.keyTableBytes.length), 8)
  bytes.set(page.keyTableBytes, 12)
  bytes.set(await pageDigest(base, bytes), block - digestBytes)
  return bytes
}

async function pageDigest(base: Omit<HeaderBase, 'preamble'>, page: Uint8Array): Promise<Uint8Array> {
  const content = page.subarray(0, page.length - digestBytes)
  return sha256(concatBytes(pageLabel, lengthPrefixed(base.preambleBytes), base.keyCheck, content))
}

/** Decodes a page; undefined when its digest does not match, as after a write that was cut short. */
async function decodePage(base: HeaderBase, bytes: Uint8Array): Promise<Page | undefined> {
  const digestAt = bytes.length - digestBytes
  if (!sameBytes(await pageDigest(base, bytes), bytes.subarray(digestAt))) return undefined
  const generation = Number(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0))
  if (generation < 1 || generation > limits.generation)
    throw malformed('a page has a generation outside its range')
  const length = readU32(bytes, 8)
  if (length > bytes.length - pageFrameBytes) throw tableTooLong()
  if (bytes.subarray(12 + length, digestAt).some((byte) => byte !== 0))
    throw malformed('a page has bytes after its table')
  return { generation, keyTableBytes: bytes.slice(12, 12 + length) }
}

/** Thrown when neither page is valid: a reader of a file reads again, for a rewrap may be under way (KW-PAG-5). */
export const noValidPage = 'no-valid-page'

/**
 * Decodes the first three blocks of a paged envelope.
 *
 * @param bytes at least three blocks
 * @throws KeywrightError `malformed-envelope`, `unsupported-version`, `limit-exceeded` or `truncated`; with field
 * `no-valid-page` when neither page is valid
 */
export async function decodePagedHeader(bytes: Uint8Array): Promise<PagedHeader> {
  const base = decodeHeaderBase(bytes)
  if (base.layout !== 'paged') throw malformed('the envelope is not paged')
  const block = blockBytes(base.blockShift)
  const padding = bytes.subarray(28 + base.preambleBytes.length, block)
  if (padding.some((byte) => byte !== 0)) throw malformed('the header is followed by bytes that are not zero')
  if (bytes.length < 3 * block) throw truncatedHeader()
  const first = await decodePage(base, bytes.subarray(block, 2 * block))
  const second = await decodePage(base, bytes.subarray(2 * block, 3 * block))
  const newest = newestOf(first, second)
  if (newest === undefined) {
    throw new KeywrightError('malformed-envelope', 'neither key table page is valid', { field: noValidPage })
  }
  const { generation, keyTableBytes } = newest
  return {
    header: { ...base, keyTableBytes, keyTable: decodeKeyTable(keyTableBytes) },
    generation,
    newestPage: newest === first ? 1 : 2,
    unfinished: first?.generation !== second?.generation,
  }
}

function newestOf(first: Page | undefined, second: Page | undefined): Page | undefined {
  if (first === undefined || second === undefined) return first ?? second
  if (first.generation !== second.generation) return first.generation > second.generation ? first : second
  if (!sameBytes(first.keyTableBytes, second.keyTableBytes))
    throw malformed('two pages of one generation differ')
  return first
}

function tableTooLong(): KeywrightError {
  const message = 'the key table does not fit into the blocks of this file: reseal it to give it more room'
  return new KeywrightError('limit-exceeded', message, { field: 'keyTable' })
}

function malformed(message: string): KeywrightError {
  return new KeywrightError('malformed-envelope', message, { field: 'page' })
}
