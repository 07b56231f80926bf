import { KeywrightError } from '../errors.ts'
import { limits } from '../limits.ts'
import { concatBytes, readU32, u32 } from './byte-strings.ts'
import { decodeKeyTable, type KeyTable } from './key-table.ts'
import { decodePreamble, type Preamble } from './preamble.ts'

/** Where the key table stands, and so what an envelope is good for. */
export type Layout = 'compact' | 'detached' | 'paged'

const layouts: readonly Layout[] = ['compact', 'detached', 'paged']
const magic = new Uint8Array([0x89, 0x4b, 0x57, 0x45])
const version = 1

/** Bytes before the preamble: magic, version, layout, blockShift, reserved, length. */
export const prefixBytes = 12

/** The first bytes of a header, believed only as far as they were checked. */
export interface Prefix {
  readonly layout: Layout
  /** Block size of the paged layout is 4,096 doubled this often; 0 in the others. */
  readonly blockShift: number
  readonly preambleLength: number
}

/** A header without its key table: what never changes in the life of an envelope. */
export interface HeaderBase {
  readonly layout: Layout
  readonly blockShift: number
  readonly preambleBytes: Uint8Array
  readonly preamble: Preamble
  /** 16 bytes. */
  readonly keyCheck: Uint8Array
}

/** A whole header in memory. */
export interface Header extends HeaderBase {
  readonly keyTable: KeyTable
  /** The table as it stands. */
  readonly keyTableBytes: Uint8Array
}

/** Block size of the paged layout, in bytes. */
export function blockBytes(blockShift: number): number {
  return limits.blockBytes * 2 ** blockShift
}

/** Bytes before the body in the paged layout: the header's block and two pages. */
export function pagedHeaderBytes(blockShift: number): number {
  return 3 * blockBytes(blockShift)
}

/** Encodes everything before the key table. */
export function encodeHeaderBase(base: Omit<HeaderBase, 'preamble'>): Uint8Array {
  const fixed = new Uint8Array([...magic, version, layouts.indexOf(base.layout), base.blockShift, 0])
  return concatBytes(fixed, u32(base.preambleBytes.length), base.preambleBytes, base.keyCheck)
}

/** Encodes a compact or detached header: the base, then the key table behind its length. */
export function encodeHeader(base: Omit<HeaderBase, 'preamble'>, keyTableBytes: Uint8Array): Uint8Array {
  return concatBytes(encodeHeaderBase(base), u32(keyTableBytes.length), keyTableBytes)
}

/**
 * Decodes the prefix, field by field in the order of their offsets (KW-HDR-1 to 7).
 *
 * @param bytes at least the beginning of an envelope
 * @throws KeywrightError `malformed-envelope`, `unsupported-version`, `limit-exceeded` or `truncated`;
 * `invalid-argument` for what is no Uint8Array
 */
export function decodePrefix(bytes: Uint8Array): Prefix {
  if (!(bytes instanceof Uint8Array)) {
    throw new KeywrightError('invalid-argument', 'an envelope, or its header, is a Uint8Array', {
      field: 'envelope',
    })
  }
  for (let at = 0; at < magic.length; at++) {
    if (at >= bytes.length) throw truncatedHeader()
    if (bytes[at] !== magic[at]) throw malformed('magic', 'these bytes are not a Keywright envelope')
  }
  const field = (at: number): number => {
    const byte = bytes[at]
    if (byte === undefined) throw truncatedHeader()
    return byte
  }
  if (field(4) !== version) {
    const message = 'this envelope is of another version of the format: a newer reader is needed'
    throw new KeywrightError('unsupported-version', message, { field: 'version' })
  }
  const layout = layouts[field(5)]
  if (layout === undefined) throw malformed('layout', 'the layout is none of those specified')
  const blockShift = field(6)
  if (blockShift > (layout === 'paged' ? limits.blockShift : 0))
    throw malformed('blockShift', 'the block size is not allowed')
  if (field(7) !== 0) throw malformed('reserved', 'a reserved byte is not zero')
  if (bytes.length < prefixBytes) throw truncatedHeader()
  const preambleLength = readU32(bytes, 8)
  const most =
    layout === 'paged' ? Math.min(limits.preambleBytes, blockBytes(blockShift) - 28) : limits.preambleBytes
  if (preambleLength > most) {
    throw new KeywrightError('limit-exceeded', `the preamble has at most ${most} bytes`, {
      field: 'preamble',
    })
  }
  return { layout, blockShift, preambleLength }
}

/**
 * How many bytes the header of a compact or detached envelope has in all.
 *
 * @param bytes the beginning of an envelope
 * @returns the length, or undefined while more of the input is needed to tell
 * @throws KeywrightError as {@link decodePrefix}, but never `truncated`
 */
export function headerLength(bytes: Uint8Array): number | undefined {
  if (bytes.length < prefixBytes) {
    // What is there is checked now, so that a wrong file is refused at its first bytes.
    try {
      decodePrefix(bytes)
    } catch (error) {
      if (!(error instanceof KeywrightError && error.code === 'truncated')) throw error
    }
    return undefined
  }
  const { preambleLength, layout } = decodePrefix(bytes)
  if (layout === 'paged') return undefined
  const tableAt = prefixBytes + preambleLength + limits.keyCheckBytes + 4
  if (bytes.length < tableAt) return undefined
  return tableAt + keyTableLength(bytes, tableAt - 4)
}

function keyTableLength(bytes: Uint8Array, at: number): number {
  const length = readU32(bytes, at)
  if (length > limits.keyTableBytes) {
    const message = `the key table has at most ${limits.keyTableBytes} bytes`
    throw new KeywrightError('limit-exceeded', message, { field: 'keyTable' })
  }
  return length
}

/**
 * Decodes what stands before the key table, in any layout; the preamble and key check are copies.
 *
 * @throws KeywrightError as {@link decodePrefix}, and those of the preamble
 */
export function decodeHeaderBase(bytes: Uint8Array): HeaderBase {
  const { layout, blockShift, preambleLength } = decodePrefix(bytes)
  const end = prefixBytes + preambleLength
  if (bytes.length < end + limits.keyCheckBytes) throw truncatedHeader()
  const preambleBytes = bytes.slice(prefixBytes, end)
  const keyCheck = bytes.slice(end, end + limits.keyCheckBytes)
  return { layout, blockShift, preambleBytes, preamble: decodePreamble(preambleBytes), keyCheck }
}

/**
 * Decodes a compact or detached header.
 *
 * @param bytes a header, or a compact envelope; bytes after a detached header are refused
 * @returns the header and how many bytes it took
 * @throws KeywrightError `malformed-envelope`, `unsupported-version`, `limit-exceeded` or `truncated`
 */
export function decodeHeader(bytes: Uint8Array): { readonly header: Header; readonly length: number } {
  const { layout } = decodePrefix(bytes)
  if (layout === 'paged') throw malformed('layout', 'this is a paged file: its key table stands in pages')
  const length = headerLength(bytes)
  if (length === undefined || bytes.length < length) throw truncatedHeader()
  if (layout === 'detached' && bytes.length > length)
    throw malformed('header', 'bytes follow a detached header')
  const base = decodeHeaderBase(bytes)
  const keyTableBytes = bytes.slice(
    prefixBytes + base.preambleBytes.length + limits.keyCheckBytes + 4,
    length,
  )
  return { header: { ...base, keyTableBytes, keyTable: decodeKeyTable(keyTableBytes) }, length }
}

/** The input ends inside the header. */
export function truncatedHeader(): KeywrightError {
  return new KeywrightError('truncated', 'the envelope ends inside its header', { field: 'header' })
}

function malformed(field: string, message: string): KeywrightError {
  return new KeywrightError('malformed-envelope', message, { field })
}
