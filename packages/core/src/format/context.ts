import { type Awaitable, sha256 } from '../crypto/primitives.ts'
import { KeywrightError } from '../errors.ts'
import { limits } from '../limits.ts'
import type { KeyContext } from '../provider/contract.ts'
import { concatBytes, lengthPrefixed, utf8 } from './byte-strings.ts'
import { encodeCbor } from './cbor.ts'
import { isPlainMap } from './plain-map.ts'

/** An encryption context: coarse names and values that say what an envelope is for. */
export type EncryptionContext = Readonly<Record<string, string>>

/** A checked context with its canonical encoding. */
export interface CanonicalContext {
  readonly pairs: ReadonlyMap<string, string>
  /** `contextBytes` of the specification. */
  readonly bytes: Uint8Array
}

/**
 * Checks a caller's context and encodes it, KW-CTX-1 to 5.
 *
 * @param context absent means {}
 * @throws KeywrightError `invalid-argument` or `limit-exceeded`, with field `context`
 */
export function canonicalContext(context: EncryptionContext | undefined): CanonicalContext {
  if (context === undefined) return emptyContext
  if (!isPlainMap(context)) throw refusedArgument('is a map from names to values')
  const names = Object.keys(context)
  if (names.length === 0) return emptyContext
  if (names.length > limits.contextPairs) throw overLimit(`has at most ${limits.contextPairs} pairs`)
  const pairs = new Map<string, string>()
  for (const name of names) {
    const value = context[name]
    if (typeof value !== 'string' || !value.isWellFormed())
      throw refusedArgument('has values of well-formed text')
    checkName(name)
    if (utf8Length(value) > limits.contextValueBytes) {
      throw overLimit(`has values of at most ${limits.contextValueBytes} bytes`)
    }
    pairs.set(name, value)
  }
  const bytes = encodeCbor(pairs)
  if (bytes.length > limits.contextBytes) throw overLimit(`has at most ${limits.contextBytes} bytes in all`)
  return { pairs, bytes }
}

function checkName(name: string): void {
  if (name === '' || !name.isWellFormed()) throw refusedArgument('has names of well-formed text')
  if (utf8Length(name) > limits.contextNameBytes) {
    throw overLimit(`has names of at most ${limits.contextNameBytes} bytes`)
  }
  if (isReservedName(name)) throw refusedArgument('has no names that begin with keywright:')
}

/** Names that the library itself puts beside the caller's pairs, KW-CTX-4. */
export function isReservedName(name: string): boolean {
  return /^keywright:/i.test(name)
}

/** Bytes of the UTF-8 form. */
export function utf8Length(text: string): number {
  return utf8(text).length
}

const emptyContext: CanonicalContext = { pairs: new Map(), bytes: new Uint8Array([0xa0]) }

const digestLabel = utf8('keywright-envelope/v1/context\0')

/**
 * The context as a key manager gets it, with its digest (KW-BIND-1).
 *
 * @param role what is wrapped: a DEK or a share
 * @param context the full context, withheld values included
 */
export async function keyContext(role: KeyContext['role'], context: CanonicalContext): Promise<KeyContext> {
  const digest: Awaitable<Uint8Array> = sha256(
    concatBytes(digestLabel, lengthPrefixed(utf8(role)), lengthPrefixed(context.bytes)),
  )
  return { role, pairs: Object.fromEntries(context.pairs), digest: await digest }
}

function refusedArgument(rule: string): KeywrightError {
  return new KeywrightError('invalid-argument', `an encryption context ${rule}`, { field: 'context' })
}

function overLimit(rule: string): KeywrightError {
  return new KeywrightError('limit-exceeded', `an encryption context ${rule}`, { field: 'context' })
}
