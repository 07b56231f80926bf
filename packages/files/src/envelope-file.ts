import { setTimeout as pause } from 'node:timers/promises'
import { isKeywrightError, KeywrightError, limits } from '@keywright/core'
import {
  bodyPrefixBytes,
  decodeHeader,
  decodePagedHeader,
  decodePrefix,
  type Header,
  noValidPage,
  type PagedHeader,
  pagedHeaderBytes,
  plaintextSize,
  prefixBytes,
} from '@keywright/core/engine'
import type { SourceFile } from './source-file.ts'

/** The header of an envelope in a file. */
export interface FileHeader {
  readonly header: Header
  /** Exactly the header; three blocks of a paged envelope. */
  readonly bytes: Uint8Array
  /** Where the body begins. */
  readonly bodyAt: number
  /** What only a paged envelope has. */
  readonly paged?: PagedHeader | undefined
}

/** Every header that has its default size, and most others, are read at once: 12 KiB. */
const firstReadBytes = 3 * limits.blockBytes
/** Longest compact header. */
const compactBytes = prefixBytes + limits.preambleBytes + limits.keyCheckBytes + 4 + limits.keyTableBytes
/** How often pages that are both invalid are read again (KW-PAG-5), and the pause before, in milliseconds. */
const rereads = 3
const rereadPauseMs = 5

/**
 * Reads the header of an envelope, paged or compact.
 *
 * @param source where it stands, from its first byte
 * @throws KeywrightError `malformed-envelope`, `unsupported-version`, `limit-exceeded` or `truncated`;
 * `invalid-argument` for a detached header, whose body is elsewhere; storage codes
 */
export async function readHeader(source: SourceFile): Promise<FileHeader> {
  const start = await source.upTo(firstReadBytes, 0)
  const { layout, blockShift } = decodePrefix(start)
  if (layout === 'detached') {
    const message = `${source.place.path} is the header of an envelope whose body is elsewhere`
    throw new KeywrightError('invalid-argument', message, { field: source.place.field })
  }
  if (layout === 'paged') return readPaged(source, pagedHeaderBytes(blockShift), start)
  const whole = source.facts.size > start.length ? await source.upTo(compactBytes, 0) : start
  const { header, length } = decodeHeader(whole)
  return { header, bytes: whole.subarray(0, length), bodyAt: length }
}

async function readPaged(source: SourceFile, headerBytes: number, start: Uint8Array): Promise<FileHeader> {
  let bytes = start.length >= headerBytes ? start.subarray(0, headerBytes) : undefined
  for (let again = 0; ; again++) {
    bytes ??= await source.upTo(headerBytes, 0)
    try {
      const paged = await decodePagedHeader(bytes)
      return { header: paged.header, bytes, bodyAt: headerBytes, paged }
    } catch (error) {
      if (!(isKeywrightError(error) && error.details.field === noValidPage && again < rereads)) throw error
      await pause(rereadPauseMs)
      bytes = undefined
    }
  }
}

/**
 * Size of the plaintext, by arithmetic on the file's: a claim until the last chunk authenticates.
 *
 * @throws KeywrightError `truncated`, `limit-exceeded`
 */
export function claimedPlaintextBytes(source: SourceFile, { bodyAt }: FileHeader): number {
  return plaintextSize(Math.max(0, source.facts.size - bodyAt))
}

/**
 * Reads salt and commitment.
 *
 * @throws KeywrightError `truncated`; storage codes
 */
export async function readBodyPrefix(source: SourceFile, { bodyAt }: FileHeader): Promise<Uint8Array> {
  const prefix = await source.upTo(bodyPrefixBytes, bodyAt)
  if (prefix.length === bodyPrefixBytes) return prefix
  throw new KeywrightError('truncated', 'the envelope ends before its body', { field: 'body' })
}
