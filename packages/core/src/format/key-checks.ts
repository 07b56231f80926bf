import { type Awaitable, expand, hmacSha256, type MacKey, sha256 } from '../crypto/primitives.ts'
import { limits } from '../limits.ts'
import { concatBytes, lengthPrefixed, u32, utf8 } from './byte-strings.ts'
import { concealedReferenceBytes } from './key-table.ts'

const keyCheckLabel = utf8('keywright-envelope/v1/key-check\0')
const shareCheckLabel = utf8('keywright-envelope/v1/share-check\0')
const bodyLabel = lengthPrefixed(utf8('keywright-envelope/v1/body'))

/**
 * The public identity of a DEK in one envelope, 16 bytes (KW-KEY-1): lets a rewrap or an audit check an unwrapped
 * DEK without body and associated data. Nothing is released because of it.
 */
export function keyCheck(dek: MacKey, preamble: Uint8Array, context: Uint8Array): Awaitable<Uint8Array> {
  const info = [keyCheckLabel, lengthPrefixed(preamble), lengthPrefixed(context)]
  return expand(dek, info, limits.keyCheckBytes)
}

/**
 * The public identity of one share, 16 bytes (KW-KOF-3), so that one group can be rewrapped and checked alone.
 *
 * @param place the share's index, the threshold k and the number of groups n
 */
export function shareCheck(
  share: MacKey,
  place: { readonly index: number; readonly k: number; readonly n: number },
  preamble: Uint8Array,
  context: Uint8Array,
): Awaitable<Uint8Array> {
  const numbers = new Uint8Array([place.index, place.k, place.n])
  const info = [shareCheckLabel, numbers, lengthPrefixed(preamble), lengthPrefixed(context)]
  return expand(share, info, limits.keyCheckBytes)
}

/** The part of the body's context that is the same for every message of one preamble and context (KW-BOD-2). */
export function bodyContextBase(preamble: Uint8Array, context: Uint8Array): Uint8Array {
  return concatBytes(bodyLabel, lengthPrefixed(preamble), lengthPrefixed(context))
}

/**
 * The body's context.
 *
 * @param base of {@link bodyContextBase}
 * @param associatedData `adBytes`
 */
export function bodyContext(base: Uint8Array, associatedData: Uint8Array): Uint8Array {
  return concatBytes(base, u32(associatedData.length), associatedData)
}

/**
 * A concealed reference, 8 bytes (KW-CON-1).
 *
 * @param concealKey configured with the keyring
 * @param wrapped the slot's wrapped key
 */
export async function concealedReference(
  concealKey: MacKey,
  wrapped: Uint8Array,
  scheme: string,
  reference: string,
): Promise<Uint8Array> {
  const digest = await sha256(wrapped)
  const message = concatBytes(digest, lengthPrefixed(utf8(scheme)), lengthPrefixed(utf8(reference)))
  return (await hmacSha256(concealKey, message)).slice(0, concealedReferenceBytes)
}
