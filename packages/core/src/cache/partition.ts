import type { EncryptionContext } from '../format/context.ts'

/**
 * The text under which a context is looked up: the same for the same pairs in any order, different for different
 * ones (lengths stand before names and values). Far cheaper than the canonical encoding, which a hit then spares.
 *
 * @returns undefined for what is not a map of text; the checks of the slow path say what is wrong
 */
export function contextPartition(context: EncryptionContext | undefined): string | undefined {
  if (context === undefined) return ''
  if (typeof context !== 'object' || context === null) return undefined
  const names = Object.keys(context)
  if (names.length > 1) names.sort()
  let text = ''
  for (const name of names) {
    const value = context[name]
    if (typeof value !== 'string') return undefined
    text += `${name.length}:${name}${value.length}:${value}`
  }
  return text
}

/** Bytes as text of one character each: an exact and cheap key for a Map. */
export function bytesPartition(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
}
