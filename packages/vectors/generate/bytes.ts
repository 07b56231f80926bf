import { createHash } from 'node:crypto'
import type { HexOrHash, HexOrRun } from '../src/index.ts'

/** ASCII or UTF-8 bytes of a text. */
export const utf8 = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'utf8'))

export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

export const fromHex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'))

export const concat = (...parts: readonly Uint8Array[]): Uint8Array => Uint8Array.from(Buffer.concat(parts))

export const zeros = (length: number): Uint8Array => new Uint8Array(length)

export const u8 = (value: number): Uint8Array => Uint8Array.of(value)

export function u32(value: number): Uint8Array {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return Uint8Array.from(bytes)
}

export function u64(value: bigint): Uint8Array {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(value)
  return Uint8Array.from(bytes)
}

/** KW-NOT-2. */
export const lp = (bytes: Uint8Array): Uint8Array => concat(u32(bytes.length), bytes)

export const sha256 = (bytes: Uint8Array): Uint8Array =>
  Uint8Array.from(createHash('sha256').update(bytes).digest())

export const sha512Hex = (bytes: Uint8Array): string => createHash('sha512').update(bytes).digest('hex')

/** Bytes that look random and are the same on every run. */
export const fixedBytes = (label: string, length: number): Uint8Array =>
  Uint8Array.from(
    createHash('shake256', { outputLength: length }).update(`keywright vectors: ${label}`).digest(),
  )

/** `count` bytes counting up from `first`. */
export const countingBytes = (first: number, count: number): Uint8Array =>
  Uint8Array.from({ length: count }, (_, i) => (first + i) % 256)

/** A copy in which one bit of one byte is the other way round. */
export function flipBit(bytes: Uint8Array, offset: number, mask = 0x01): Uint8Array {
  const copy = Uint8Array.from(bytes)
  copy[offset] = (copy[offset] ?? 0) ^ mask
  return copy
}

/** A copy in which `replacement` stands at `offset`. */
export function overwrite(bytes: Uint8Array, offset: number, replacement: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(bytes)
  copy.set(replacement, offset)
  return copy
}

/** More than this many bytes are described, not spelled out. */
const longest = 1_200

export const hexOrHash = (bytes: Uint8Array): HexOrHash =>
  bytes.length <= longest ? hex(bytes) : { length: bytes.length, sha512: sha512Hex(bytes) }

export function hexOrRun(bytes: Uint8Array): HexOrRun {
  const first = bytes[0] ?? 0
  const isRun = bytes.length > 80 && bytes.every((byte) => byte === first)
  return isRun ? { length: bytes.length, repeat: hex(u8(first)) } : hex(bytes)
}
