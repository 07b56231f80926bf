import { openBody } from '../body/whole.ts'
import { KeywrightError } from '../errors.ts'
import {
  decodeHeader,
  decodePrefix,
  type Header,
  headerLength,
  pagedHeaderBytes,
  truncatedHeader,
} from '../format/header.ts'
import { decodePagedHeader } from '../format/paged.ts'
import { type HeaderSource, headerSource, type OpenOptions, startOpen } from './open-session.ts'
import type { DetachedEnvelope } from './seal.ts'

/** An envelope in memory: of any layout in one piece, or a detached header with its body. */
export type Envelope = Uint8Array | DetachedEnvelope

/** A header and a body, taken apart. */
export interface EnvelopeParts {
  readonly source: HeaderSource
  readonly body: Uint8Array
}

/**
 * Opens an envelope. The whole context that is expected has to be stated; none stated means {}.
 *
 * @param envelope of any layout
 * @param options the keyring, the expected context, and the associated data of the seal
 * @returns the plaintext, in memory of its own, shared where the envelope is and `threads` are given; nothing unless
 * all of it authenticated
 * @throws KeywrightError `malformed-envelope`, `unsupported-version`, `limit-exceeded` or `truncated` for the bytes;
 * `context-mismatch`, `policy-mismatch` or `no-matching-key` before any call; what a key manager answered;
 * `authentication-failed`
 */
export async function open(envelope: Envelope, options: OpenOptions): Promise<Uint8Array> {
  const taken = takeApart(envelope)
  const { source, body } = taken instanceof Promise ? await taken : taken
  const started = startOpen(source, options)
  const session = started instanceof Promise ? await started : started
  try {
    const plaintext = await openBody({
      key: session.dataKey.key,
      context: session.bodyContext,
      body,
      engine: options.threads,
      signal: options.signal,
    })
    session.count(plaintext.length)
    return plaintext
  } finally {
    session.release()
  }
}

/**
 * Finds where the header ends. A compact header is not decoded here, for the cache may know it.
 *
 * @throws KeywrightError the codes of the prefix; `invalid-argument` for what is no envelope at all
 */
export function takeApart(envelope: Envelope): EnvelopeParts | Promise<EnvelopeParts> {
  if (!(envelope instanceof Uint8Array)) {
    if (!(envelope?.header instanceof Uint8Array && envelope.body instanceof Uint8Array)) throw noEnvelope()
    return { source: headerSource(envelope.header), body: envelope.body }
  }
  const { layout } = decodePrefix(envelope)
  if (layout === 'paged') return takePagedApart(envelope)
  if (layout === 'detached') {
    decodeHeader(envelope)
    const message = 'a detached header is opened together with its body'
    throw new KeywrightError('invalid-argument', message, { field: 'envelope' })
  }
  const length = headerLength(envelope)
  if (length === undefined || length > envelope.length) throw truncatedHeader()
  return { source: headerSource(envelope.subarray(0, length)), body: envelope.subarray(length) }
}

async function takePagedApart(envelope: Uint8Array): Promise<EnvelopeParts> {
  const headerBytes = pagedHeaderBytes(decodePrefix(envelope).blockShift)
  // A copy: decoding takes its time, and the cache must not know what was decoded by bytes that changed meanwhile.
  const bytes = envelope.slice(0, headerBytes)
  const { header } = await decodePagedHeader(bytes)
  return { source: { bytes, decode: () => header }, body: envelope.subarray(headerBytes) }
}

/**
 * Decodes the header of an envelope of any layout.
 *
 * @param envelope header bytes, a whole envelope, or its two parts
 */
export async function anyHeader(envelope: Envelope): Promise<Header> {
  const bytes = envelope instanceof Uint8Array ? envelope : envelope?.header
  return decodePrefix(bytes).layout === 'paged'
    ? (await decodePagedHeader(bytes)).header
    : decodeHeader(bytes).header
}

/** The error for what is no envelope at all. */
export function noEnvelope(): KeywrightError {
  const message = 'an envelope is bytes, or a header and a body of bytes'
  return new KeywrightError('invalid-argument', message, { field: 'envelope' })
}
