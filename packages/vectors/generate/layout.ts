import { concat, lp, sha256, u8, u32, u64, utf8, zeros } from './bytes.ts'
import type { Offsets } from './scenario.ts'

const magic = Uint8Array.of(0x89, 0x4b, 0x57, 0x45)
const layoutBytes = { compact: 0, detached: 1, paged: 2 } as const

/** Prefix, preamble and key check (section 7). */
export const headerStart = (
  layout: keyof typeof layoutBytes,
  blockShift: number,
  preamble: Uint8Array,
  keyCheck: Uint8Array,
): Uint8Array => concat(magic, Uint8Array.of(1, layoutBytes[layout], blockShift, 0), lp(preamble), keyCheck)

/** The smallest shift that fits (KW-PAG-6). */
export function smallestShift(preamble: Uint8Array, table: Uint8Array): number {
  for (let shift = 0; shift <= 4; shift += 1) {
    const block = 4096 << shift
    if (preamble.length <= block - 28 && Math.max(table.length, 4000) <= block - 44) return shift
  }
  throw new RangeError('no block fits')
}

/** KW-PAG-2. */
export function writePage(
  block: number,
  generation: bigint,
  table: Uint8Array,
  preamble: Uint8Array,
  keyCheck: Uint8Array,
  change: (page: Uint8Array) => Uint8Array,
): Uint8Array {
  const content = concat(u64(generation), u32(table.length), table)
  const filled = change(concat(content, zeros(Math.max(0, block - 32 - content.length))).slice(0, block - 32))
  const digest = sha256(concat(utf8('keywright-envelope/v1/page'), u8(0), lp(preamble), keyCheck, filled))
  return concat(filled, digest)
}

/** Where the parts stand in a compact or detached input. */
export function flatOffsets(preamble: number, table: number, body: number): Offsets {
  const tableLength = 28 + preamble
  const tableEnd = tableLength + 4 + table
  return {
    preamble: 12,
    keyCheck: 12 + preamble,
    tableLength,
    table: tableLength + 4,
    tableEnd,
    block: 0,
    body: tableEnd,
    end: tableEnd + body,
  }
}

/** Where the parts stand in a paged input. */
export const pagedOffsets = (preamble: number, table: number, block: number, body: number): Offsets => ({
  preamble: 12,
  keyCheck: 12 + preamble,
  tableLength: block + 8,
  table: block + 12,
  tableEnd: block + 12 + table,
  block,
  body: 3 * block,
  end: 3 * block + body,
})
