import { KeywrightError } from '../errors.ts'
import { limits } from '../limits.ts'
import { compareBytes } from './byte-strings.ts'
import { type CborMap, type CborValue, decodeCbor, encodeCbor } from './cbor.ts'
import { type CanonicalContext, isReservedName, utf8Length } from './context.ts'

/** The immutable part of a header (KW-PRE-1 to 6). */
export interface Preamble {
  /** The context without its withheld pairs. */
  readonly storedContext: ReadonlyMap<string, string>
  /** Names whose values the reader must know, in canonical order. */
  readonly withheldNames: readonly string[]
  /** Whether the DEK serves this envelope only, or others too through a cache. */
  readonly dekUse: 'single' | 'shared'
}

const keys = { storedContext: 1, withheldNames: 2, dekUse: 3 } as const
const dekUses = ['single', 'shared'] as const

/**
 * Encodes a preamble.
 *
 * @throws KeywrightError `limit-exceeded`, with field `preamble`
 */
export function encodePreamble(preamble: Preamble): Uint8Array {
  const bytes = encodeCbor(
    new Map<number, CborValue>([
      [keys.storedContext, preamble.storedContext],
      [keys.withheldNames, preamble.withheldNames],
      [keys.dekUse, dekUses.indexOf(preamble.dekUse)],
    ]),
  )
  if (bytes.length > limits.preambleBytes) throw refused('limit-exceeded', 'is too long')
  return bytes
}

/**
 * Decodes a preamble, the inverse of {@link encodePreamble}.
 *
 * @param bytes at most 5,120
 * @throws KeywrightError `malformed-envelope` or `limit-exceeded`, with field `preamble`
 */
export function decodePreamble(bytes: Uint8Array): Preamble {
  const map = decodeCbor(bytes, 'preamble')
  if (!(map instanceof Map) || map.size !== 3) throw refused('malformed-envelope', 'is a map of three items')
  const dekUse = map.get(keys.dekUse)
  const use = typeof dekUse === 'number' ? dekUses[dekUse] : undefined
  if (use === undefined) throw refused('malformed-envelope', 'says how its data key is used')
  const storedContext = decodeStoredContext(map.get(keys.storedContext))
  const withheldNames = decodeWithheldNames(map.get(keys.withheldNames), storedContext)
  if (storedContext.size + withheldNames.length > limits.contextPairs) {
    throw refused('limit-exceeded', `has at most ${limits.contextPairs} context pairs`)
  }
  if (encodeCbor(storedContext).length > limits.contextBytes) {
    throw refused('limit-exceeded', `has a context of at most ${limits.contextBytes} bytes`)
  }
  return { storedContext, withheldNames, dekUse: use }
}

function decodeStoredContext(value: CborValue | undefined): ReadonlyMap<string, string> {
  if (!(value instanceof Map)) throw refused('malformed-envelope', 'has a map as context')
  const pairs = new Map<string, string>()
  for (const [name, text] of value as CborMap) {
    if (typeof text !== 'string') throw refused('malformed-envelope', 'has text as context values')
    pairs.set(checkedName(name), text)
    if (utf8Length(text) > limits.contextValueBytes) {
      throw refused('limit-exceeded', `has context values of at most ${limits.contextValueBytes} bytes`)
    }
  }
  return pairs
}

function decodeWithheldNames(
  value: CborValue | undefined,
  stored: ReadonlyMap<string, string>,
): readonly string[] {
  if (!Array.isArray(value)) throw refused('malformed-envelope', 'has a list of withheld names')
  const names: string[] = []
  let previous: Uint8Array | undefined
  for (const item of value as readonly CborValue[]) {
    const name = checkedName(item)
    const encoded = encodeCbor(name)
    const ascending = previous === undefined || compareBytes(previous, encoded) < 0
    if (!ascending || stored.has(name))
      throw refused('malformed-envelope', 'has withheld names in order, once each')
    previous = encoded
    names.push(name)
  }
  return names
}

function checkedName(name: CborValue): string {
  if (typeof name !== 'string' || name === '' || isReservedName(name)) {
    throw refused('malformed-envelope', 'has a context name that is not allowed')
  }
  if (utf8Length(name) > limits.contextNameBytes) {
    throw refused('limit-exceeded', `has context names of at most ${limits.contextNameBytes} bytes`)
  }
  return name
}

/**
 * The preamble of a new envelope.
 *
 * @param context the full context
 * @param withhold names whose values stay out of the header
 * @throws KeywrightError `invalid-argument`, with field `withhold`, for a name that the context does not have
 */
export function makePreamble(
  context: CanonicalContext,
  withhold: readonly string[],
  dekUse: Preamble['dekUse'],
): Preamble {
  const withheld = new Set(withhold)
  for (const name of withheld) {
    if (context.pairs.has(name)) continue
    throw new KeywrightError('invalid-argument', 'only names of the context can be withheld', {
      field: 'withhold',
    })
  }
  const ordered = [...withheld].map((name) => ({ name, encoded: encodeCbor(name) }))
  ordered.sort((a, b) => compareBytes(a.encoded, b.encoded))
  return {
    storedContext: new Map([...context.pairs].filter(([name]) => !withheld.has(name))),
    withheldNames: ordered.map(({ name }) => name),
    dekUse,
  }
}

function refused(code: 'malformed-envelope' | 'limit-exceeded', rule: string): KeywrightError {
  return new KeywrightError(code, `the preamble ${rule}`, { field: 'preamble' })
}
