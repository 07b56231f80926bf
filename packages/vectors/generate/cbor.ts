import { concat, utf8 } from './bytes.ts'

/** A map entry: encoded key, encoded value. */
export type Entry = readonly [Uint8Array, Uint8Array]

/** The shortest head of a major type (KW-CBOR-2). */
export function head(major: number, value: number | bigint): Uint8Array {
  const first = major << 5
  const n = BigInt(value)
  if (n < 24n) return Uint8Array.of(first | Number(n))
  for (const [info, size] of [
    [24, 1],
    [25, 2],
    [26, 4],
    [27, 8],
  ] as const) {
    if (n < 1n << BigInt(8 * size)) return longHead(first | info, n, size)
  }
  throw new RangeError('not a CBOR argument')
}

/** A head of a chosen size, for what is not canonical. */
export function longHead(initial: number, value: number | bigint, size: 1 | 2 | 4 | 8): Uint8Array {
  const digits = BigInt(value)
    .toString(16)
    .padStart(2 * size, '0')
  return concat(Uint8Array.of(initial), Uint8Array.from(Buffer.from(digits, 'hex')))
}

export const uint = (value: number | bigint): Uint8Array => head(0, value)

export const bstr = (bytes: Uint8Array): Uint8Array => concat(head(2, bytes.length), bytes)

/** A text item of any bytes, well-formed UTF-8 or not. */
export const rawText = (bytes: Uint8Array): Uint8Array => concat(head(3, bytes.length), bytes)

export const tstr = (text: string): Uint8Array => rawText(utf8(text))

export const array = (items: readonly Uint8Array[]): Uint8Array => concat(head(4, items.length), ...items)

/** A map whose entries stand as given. */
export const rawMap = (entries: readonly Entry[]): Uint8Array =>
  concat(head(5, entries.length), ...entries.flat())

/** Ascending by encoded bytes (KW-CBOR-3). */
export const byEncoding = (a: Uint8Array, b: Uint8Array): number => Buffer.compare(a, b)

export const map = (entries: readonly Entry[]): Uint8Array =>
  rawMap(entries.toSorted(([a], [b]) => byEncoding(a, b)))

export const textMap = (pairs: Readonly<Record<string, string>>): Uint8Array =>
  map(Object.entries(pairs).map(([name, value]) => [tstr(name), tstr(value)]))
