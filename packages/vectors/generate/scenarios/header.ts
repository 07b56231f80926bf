import { concat, flipBit, overwrite, u32, zeros } from '../bytes.ts'
import type { Offsets, Scenario } from '../scenario.ts'

type Edit = (input: Uint8Array, at: Offsets) => Uint8Array

const damaged = (
  id: string,
  title: string,
  requirement: string,
  code: NonNullable<Scenario['code']>,
  edit: Edit,
  more: Partial<Scenario> = {},
): Scenario => ({
  id: `header-${id}`,
  title,
  requirements: [requirement, 'KW-ERR-1'],
  context: { tenant: 'acme' },
  plaintext: 'header',
  edit,
  code,
  ...more,
})

const malformed = (
  id: string,
  title: string,
  requirement: string,
  edit: Edit,
  more: Partial<Scenario> = {},
): Scenario => damaged(id, title, requirement, 'malformed-envelope', edit, more)

const cut = (
  id: string,
  title: string,
  length: (at: Offsets) => number,
  more: Partial<Scenario> = {},
): Scenario =>
  damaged(`truncated-${id}`, title, 'KW-HDR-7', 'truncated', (input, at) => input.slice(0, length(at)), more)

const detached = { layout: 'detached' } as const

/** Damage to everything before the body. */
export const header: readonly Scenario[] = [
  ...[0, 1, 2, 3].map((i) =>
    malformed(`magic-${i}`, `a flipped bit in byte ${i} of the magic is refused`, 'KW-HDR-1', (b) =>
      flipBit(b, i),
    ),
  ),
  malformed('not-an-envelope', 'bytes of another kind are refused', 'KW-HDR-1', () => zeros(64).fill(0x7b)),
  malformed(
    'short-not-an-envelope',
    'two bytes that do not begin the magic are refused as such',
    'KW-HDR-7',
    () => zeros(2).fill(0x7b),
  ),
  damaged('version-0', 'version 0 is refused', 'KW-HDR-2', 'unsupported-version', (b) => b.with(4, 0)),
  damaged('version-2', 'version 2 is refused', 'KW-HDR-2', 'unsupported-version', (b) => b.with(4, 2)),
  damaged(
    'version-2-unknown-rest',
    'version 2 is refused whatever follows',
    'KW-HDR-2',
    'unsupported-version',
    (b) => concat(b.slice(0, 4), Uint8Array.of(2, 0xff, 0xff, 0xff)),
  ),
  malformed('layout-3', 'layout 3 is refused', 'KW-HDR-3', (b) => b.with(5, 3)),
  malformed('layout-255', 'layout 255 is refused', 'KW-HDR-3', (b) => b.with(5, 255)),
  malformed(
    'layout-detached',
    'a compact envelope marked detached has bytes after its table',
    'KW-DET-1',
    (b) => b.with(5, 1),
  ),
  damaged(
    'layout-compact',
    'a detached header marked compact lacks its body',
    'KW-BOD-8',
    'truncated',
    (b) => b,
    { edit: (b, at) => b.slice(0, at.body) },
  ),
  malformed('block-shift-compact', 'a compact envelope with a blockShift is refused', 'KW-HDR-4', (b) =>
    b.with(6, 1),
  ),
  malformed(
    'block-shift-detached',
    'a detached header with a blockShift is refused',
    'KW-HDR-4',
    (b) => b.with(6, 1),
    detached,
  ),
  malformed('reserved', 'a reserved byte other than zero is refused', 'KW-HDR-5', (b) => b.with(7, 1)),
  malformed('reserved-high-bit', 'the high bit of the reserved byte is refused', 'KW-HDR-5', (b) =>
    b.with(7, 0x80),
  ),
  malformed('preamble-length-0', 'a preamble of no bytes is refused', 'KW-PRE-1', (b, at) =>
    concat(b.slice(0, 8), u32(0), b.slice(at.keyCheck)),
  ),
  malformed('table-length-0', 'a key table of no bytes is refused', 'KW-TAB-1', (b, at) =>
    concat(b.slice(0, at.tableLength), u32(0), b.slice(at.body)),
  ),
  malformed('table-length-less', 'a table length one byte short is refused', 'KW-CBOR-7', (b, at) =>
    overwrite(b, at.tableLength, u32(at.tableEnd - at.table - 1)),
  ),
  malformed('table-length-more', 'a table length one byte over is refused', 'KW-CBOR-8', (b, at) =>
    overwrite(b, at.tableLength, u32(at.tableEnd - at.table + 1)),
  ),
  malformed(
    'detached-appended',
    'a byte after a detached header is refused',
    'KW-DET-1',
    (b) => concat(b, zeros(1)),
    detached,
  ),
  damaged(
    'key-check-flipped',
    'a flipped bit of the key check is refused',
    'KW-KEY-2',
    'authentication-failed',
    (b, at) => flipBit(b, at.keyCheck + 15),
  ),
  damaged(
    'dek-use-flipped',
    'a changed dekUse fails at the key check',
    'KW-KEY-2',
    'authentication-failed',
    (b, at) => flipBit(b, at.keyCheck - 1),
  ),
  cut('empty', 'no bytes at all are truncated', () => 0),
  cut('magic', 'the magic’s first three bytes are truncated', () => 3),
  cut('version', 'the magic alone is truncated', () => 4),
  cut('reserved', 'a prefix of seven bytes is truncated', () => 7),
  cut('prefix', 'a prefix alone is truncated', () => 8),
  cut('preamble-length', 'an end inside the preamble’s length is truncated', () => 11),
  cut('no-preamble', 'an end before the preamble is truncated', () => 12),
  cut('preamble', 'an end inside the preamble is truncated', (at) => at.keyCheck - 1),
  cut('no-key-check', 'an end before the key check is truncated', (at) => at.keyCheck),
  cut('key-check', 'an end inside the key check is truncated', (at) => at.keyCheck + 15),
  cut('no-table-length', 'an end before the table’s length is truncated', (at) => at.tableLength),
  cut('table-length', 'an end inside the table’s length is truncated', (at) => at.table - 1),
  cut('no-table', 'an end before the table is truncated', (at) => at.table),
  cut('table', 'an end inside the table is truncated', (at) => at.tableEnd - 1),
  cut(
    'detached',
    'a detached header that ends inside its table is truncated',
    (at) => at.tableEnd - 1,
    detached,
  ),
]
