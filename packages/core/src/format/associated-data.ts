import { KeywrightError } from '../errors.ts'
import { limits } from '../limits.ts'
import { concatBytes, utf8 } from './byte-strings.ts'
import { encodeCbor } from './cbor.ts'
import { utf8Length } from './context.ts'
import { isPlainMap } from './plain-map.ts'

/** Where a payload belongs, finely: bytes, text (its UTF-8 bytes) or a map. Bound into the body, never stored. */
export type AssociatedData = Uint8Array | string | Readonly<Record<string, string>>

const none = new Uint8Array(0)
const marker = { bytes: new Uint8Array([0]), map: new Uint8Array([1]) } as const

/**
 * `adBytes` of the specification: empty when absent, 00 ‖ bytes, or 01 ‖ CBOR map (KW-AD-1 to 3).
 *
 * @param data at most 65,536 bytes; a map has at most 16 pairs and names of 1 to 255 bytes
 * @throws KeywrightError `invalid-argument` or `limit-exceeded`, with field `associatedData`
 */
export function associatedDataBytes(data: AssociatedData | undefined): Uint8Array {
  if (data === undefined) return none
  if (typeof data === 'string') {
    if (!data.isWellFormed()) throw refused('invalid-argument', 'is well-formed text')
    return marked(marker.bytes, utf8(data))
  }
  if (data instanceof Uint8Array) return marked(marker.bytes, data)
  if (!isPlainMap(data)) throw refused('invalid-argument', 'is bytes, text or a map of text')
  return marked(marker.map, mapBytes(data))
}

function mapBytes(data: Readonly<Record<string, string>>): Uint8Array {
  const names = Object.keys(data)
  if (names.length > limits.contextPairs)
    throw refused('limit-exceeded', `has at most ${limits.contextPairs} pairs`)
  const pairs = new Map<string, string>()
  let total = 0
  for (const name of names) {
    const value = data[name]
    if (typeof value !== 'string' || !value.isWellFormed() || name === '' || !name.isWellFormed()) {
      throw refused('invalid-argument', 'has names and values of well-formed text')
    }
    if (utf8Length(name) > limits.contextNameBytes) {
      throw refused('limit-exceeded', `has names of at most ${limits.contextNameBytes} bytes`)
    }
    total += value.length
    if (total > limits.associatedDataBytes) throw tooLong()
    pairs.set(name, value)
  }
  return encodeCbor(pairs)
}

function marked(kind: Uint8Array, bytes: Uint8Array): Uint8Array {
  if (bytes.length > limits.associatedDataBytes) throw tooLong()
  return concatBytes(kind, bytes)
}

function tooLong(): KeywrightError {
  return refused('limit-exceeded', `has at most ${limits.associatedDataBytes} bytes`)
}

function refused(code: 'invalid-argument' | 'limit-exceeded', rule: string): KeywrightError {
  return new KeywrightError(code, `associated data ${rule}`, { field: 'associatedData' })
}
