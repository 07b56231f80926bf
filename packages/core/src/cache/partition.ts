import type { EncryptionContext } from '../format/context.ts'
import { isPlainMap } from '../format/plain-map.ts'

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
  if (names.length === 0 && !isPlainMap(context)) return undefined
  if (names.length > 1) names.sort()
  let text = ''
  for (const name of names) {
    const value = context[name]
    if (typeof value !== 'string') return undefined
    text += `${name.length}:${name}${value.length}:${value}`
  }
  return text
}

/**
 * The text under which a header is looked up together with what else an open depends on. Most messages have the
 * header of the one before: comparing costs a tenth of the hash that a Map needs of new text.
 */
export class HeaderPartition {
  #header: Uint8Array = new Uint8Array(0)
  #rest = ''
  #text = ''

  /**
   * @param header every byte of it counts
   * @param rest the stated context as text, or that the stored one is trusted
   */
  of(header: Uint8Array, rest: string): string {
    if (rest === this.#rest && Buffer.compare(header, this.#header) === 0) return this.#text
    this.#header = new Uint8Array(header)
    this.#rest = rest
    // Bytes of one character each behind their number: where one part ends and the next begins is never in doubt.
    this.#text = `o${header.length}:${Buffer.from(this.#header.buffer).toString('latin1')}${rest}`
    return this.#text
  }

  /** Forgets the last header. */
  clear(): void {
    this.#header = new Uint8Array(0)
    this.#rest = ''
    this.#text = ''
  }
}
