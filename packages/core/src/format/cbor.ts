import { KeywrightError } from '../errors.ts'
import { limits } from '../limits.ts'
import { compareBytes, concatBytes, utf8 } from './byte-strings.ts'

/**
 * Deterministic CBOR (RFC 8949, section 4.2.1) in the subset of the specification, KW-CBOR-1 to 9: unsigned
 * integers, byte strings, text, arrays and maps. Nothing else decodes, and what decodes encodes to the same bytes.
 */
export type CborValue = number | string | Uint8Array | readonly CborValue[] | CborMap

/** A map whose keys are all integers or all text, in any order: encoding sorts. */
export type CborMap = ReadonlyMap<number | string, CborValue>

const major = { uint: 0, bytes: 2, text: 3, array: 4, map: 5 } as const

/**
 * Encodes a value canonically.
 *
 * @param value text in it must be well-formed; the callers have checked their arguments
 */
export function encodeCbor(value: CborValue): Uint8Array {
  if (typeof value === 'number') return head(major.uint, value)
  if (typeof value === 'string') {
    const text = utf8(value)
    return concatBytes(head(major.text, text.length), text)
  }
  if (value instanceof Uint8Array) return concatBytes(head(major.bytes, value.length), value)
  if (isArray(value)) return concatBytes(head(major.array, value.length), ...value.map(encodeCbor))
  const entries = [...value].map(([key, item]) => [encodeCbor(key), encodeCbor(item)] as const)
  entries.sort(([a], [b]) => compareBytes(a, b))
  return concatBytes(head(major.map, entries.length), ...entries.flat())
}

function isArray(value: readonly CborValue[] | CborMap): value is readonly CborValue[] {
  return Array.isArray(value)
}

function head(type: number, value: number): Uint8Array {
  const initial = type << 5
  if (value < 24) return new Uint8Array([initial | value])
  if (value < 0x100) return new Uint8Array([initial | 24, value])
  if (value < 0x1_0000) return new Uint8Array([initial | 25, value >>> 8, value & 255])
  const bytes = new Uint8Array(value < 0x1_0000_0000 ? 5 : 9)
  const view = new DataView(bytes.buffer)
  bytes[0] = initial | (bytes.length === 5 ? 26 : 27)
  if (bytes.length === 5) view.setUint32(1, value)
  else view.setBigUint64(1, BigInt(value))
  return bytes
}

/**
 * Decodes one value that fills the whole input.
 *
 * @param bytes bounded by the caller
 * @param field what the error names
 * @throws KeywrightError `malformed-envelope` for anything but the one canonical encoding
 */
export function decodeCbor(bytes: Uint8Array, field: string): CborValue {
  const reader = new Reader(bytes, field)
  const value = reader.item(1)
  if (reader.at !== bytes.length) throw reader.malformed('bytes after the end')
  return value
}

class Reader {
  at = 0
  readonly #bytes: Uint8Array
  readonly #field: string

  constructor(bytes: Uint8Array, field: string) {
    this.#bytes = bytes
    this.#field = field
  }

  malformed(what: string): KeywrightError {
    return new KeywrightError('malformed-envelope', `the ${this.#field} is not valid: ${what}`, {
      field: this.#field,
    })
  }

  item(depth: number): CborValue {
    const [type, value] = this.#head()
    switch (type) {
      case major.uint:
        return value
      case major.bytes:
        return this.#take(value).slice()
      case major.text:
        return this.#text(this.#take(value))
      case major.array:
        this.#enter(depth, value)
        return this.#array(value, depth)
      case major.map:
        this.#enter(depth, value * 2)
        return this.#map(value, depth)
      default:
        throw this.malformed('an item of a type that is not used')
    }
  }

  /** Checks the depth, and that the stated items can be there, before anything is allocated for them. */
  #enter(depth: number, items: number): void {
    if (depth > limits.cborDepth) throw this.malformed('nested too deeply')
    if (items > this.#bytes.length - this.at) throw this.malformed('more items stated than bytes are left')
  }

  #array(count: number, depth: number): CborValue[] {
    const items: CborValue[] = []
    for (let index = 0; index < count; index++) items.push(this.item(depth + 1))
    return items
  }

  #map(count: number, depth: number): CborMap {
    const entries = new Map<number | string, CborValue>()
    let previous: Uint8Array | undefined
    for (let index = 0; index < count; index++) {
      const from = this.at
      const key = this.item(depth + 1)
      if (typeof key !== 'number' && typeof key !== 'string')
        throw this.malformed('a map key of another type')
      const encoded = this.#bytes.subarray(from, this.at)
      if (previous !== undefined && compareBytes(previous, encoded) >= 0) {
        throw this.malformed('map keys out of order or repeated')
      }
      previous = encoded
      entries.set(key, this.item(depth + 1))
    }
    return entries
  }

  #head(): readonly [type: number, value: number] {
    const initial = this.#take(1)[0] ?? 0
    const type = initial >>> 5
    const short = initial & 31
    if (short < 24) return [type, short]
    if (short > 27) throw this.malformed('an indefinite or reserved length')
    const width = 2 ** (short - 24)
    let value = 0
    for (const byte of this.#take(width)) value = value * 256 + byte
    // Above 2⁵³ − 1 the sum is no longer exact; such numbers are refused before their exact value could matter.
    if (!Number.isSafeInteger(value)) throw this.malformed('a number above 2^53 - 1')
    if (value < (smallest[short - 24] ?? 0)) throw this.malformed('a number not in its shortest form')
    return [type, value]
  }

  #take(length: number): Uint8Array {
    if (length > this.#bytes.length - this.at) throw this.malformed('it ends early')
    this.at += length
    return this.#bytes.subarray(this.at - length, this.at)
  }

  #text(bytes: Uint8Array): string {
    try {
      return utf8Decoder.decode(bytes)
    } catch {
      throw this.malformed('text that is not UTF-8')
    }
  }
}

/** Smallest value that needs a head of one, two, four or eight more bytes. */
const smallest: readonly number[] = [24, 0x100, 0x1_0000, 0x1_0000_0000]

/** A leading byte order mark is an ordinary character here. */
const utf8Decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
