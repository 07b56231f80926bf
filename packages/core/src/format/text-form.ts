import { KeywrightError } from '../errors.ts'
import { decodePrefix } from './header.ts'

const prefix = 'kw1:'

/**
 * The text form of a compact envelope, for string columns (KW-TXT-1).
 *
 * @param envelope a compact envelope
 * @returns `kw1:` and unpadded base64url
 * @throws KeywrightError `malformed-envelope` for another layout
 */
export function toText(envelope: Uint8Array): string {
  requireCompact(envelope)
  return prefix + Buffer.from(envelope.buffer, envelope.byteOffset, envelope.length).toString('base64url')
}

/**
 * The envelope of a text form, the inverse of {@link toText}: every other spelling is refused.
 *
 * @param text `kw1:` and unpadded base64url
 * @throws KeywrightError `malformed-envelope`, or the code of the bytes' own fault
 */
export function fromText(text: string): Uint8Array {
  if (typeof text !== 'string' || !text.startsWith(prefix)) throw malformed('begins with kw1:')
  // Node's decoder accepts many spellings of one value: only the one that encodes back is taken.
  const decoded = Buffer.from(text.slice(prefix.length), 'base64url')
  if (prefix + decoded.toString('base64url') !== text) throw malformed('is unpadded base64url')
  const envelope = new Uint8Array(decoded.length)
  envelope.set(decoded)
  requireCompact(envelope)
  return envelope
}

function requireCompact(envelope: Uint8Array): void {
  if (decodePrefix(envelope).layout !== 'compact') throw malformed('holds a compact envelope')
}

function malformed(rule: string): KeywrightError {
  return new KeywrightError('malformed-envelope', `the text form of an envelope ${rule}`, { field: 'text' })
}
