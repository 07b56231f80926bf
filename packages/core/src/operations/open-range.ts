import { bodyRange, type RangeReader } from '../body/range.ts'
import type { RangeSource } from '../body/range-source.ts'
import { KeywrightError } from '../errors.ts'
import { concatBytes } from '../format/byte-strings.ts'
import { blockBytes, decodePrefix, headerLength, prefixBytes, truncatedHeader } from '../format/header.ts'
import { decodePagedHeader } from '../format/paged.ts'
import { limits } from '../limits.ts'
import { type HeaderSource, headerSource, type OpenOptions, startOpen } from './open-session.ts'
import { once } from './seal-stream.ts'

/** Options of {@link openRange}. */
export interface OpenRangeOptions extends OpenOptions {
  /** The header, where it is stored apart; the source then holds the body alone. */
  readonly header?: Uint8Array | undefined
}

/**
 * Opens an envelope for reading parts of it. The commitment is checked here; every read authenticates its chunks.
 *
 * @param source anything that reads bytes at an offset, always of one version
 * @param options the keyring, the expected context, and the associated data of the seal
 * @returns a reader; close it to release the DEK
 * @throws KeywrightError the codes of `open`, and what the source throws
 */
export async function openRange(source: RangeSource, options: OpenRangeOptions): Promise<RangeReader> {
  const { header, base } =
    options.header === undefined ? await readHeader(source, options) : detached(options.header)
  const session = await startOpen(header, options)
  try {
    const { threads: engine, signal } = options
    const reader = await bodyRange({
      key: session.dataKey.key,
      context: session.bodyContext,
      source,
      base,
      engine,
      signal,
    })
    const release = once(session.release)
    return {
      size: (call) => reader.size(call),
      read: async (offset, length, call) => {
        const bytes = await reader.read(offset, length, call)
        session.count(bytes.length)
        return bytes
      },
      close: () => {
        reader.close()
        release()
      },
    }
  } catch (error) {
    session.release()
    throw error
  }
}

interface FoundHeader {
  readonly header: HeaderSource
  /** Where the body begins. */
  readonly base: number
}

function detached(bytes: Uint8Array): FoundHeader {
  return { header: headerSource(bytes), base: 0 }
}

/** One read fetches nearly every header: 4 KiB. */
const firstReadBytes = 4096

async function readHeader(source: RangeSource, options: OpenRangeOptions): Promise<FoundHeader> {
  let bytes = await readAtLeast(source, new Uint8Array(0), Math.min(firstReadBytes, source.size), options)
  if (bytes.length < prefixBytes) {
    decodePrefix(bytes)
    throw truncatedHeader()
  }
  const { layout, blockShift, preambleLength } = decodePrefix(bytes)
  if (layout === 'detached') {
    throw new KeywrightError('invalid-argument', 'a detached header is given apart from its body', {
      field: 'header',
    })
  }
  if (layout === 'paged') {
    bytes = await readAtLeast(source, bytes, 3 * blockBytes(blockShift), options)
    const { header } = await decodePagedHeader(bytes)
    const headerBytes = bytes.subarray(0, 3 * blockBytes(blockShift))
    return { header: { bytes: headerBytes, decode: () => header }, base: headerBytes.length }
  }
  bytes = await readAtLeast(source, bytes, prefixBytes + preambleLength + limits.keyCheckBytes + 4, options)
  const length = headerLength(bytes) ?? 0
  bytes = await readAtLeast(source, bytes, length, options)
  return { header: headerSource(bytes.subarray(0, length)), base: length }
}

/** Reads on until that many bytes from the beginning are there; the lengths were checked against limits before. */
async function readAtLeast(
  source: RangeSource,
  bytes: Uint8Array,
  wanted: number,
  { signal }: OpenRangeOptions,
): Promise<Uint8Array> {
  let have = bytes
  while (have.length < wanted) {
    if (wanted > source.size) throw truncatedHeader()
    const more = await source.read(have.length, wanted - have.length, { signal })
    if (!(more instanceof Uint8Array) || more.length > wanted - have.length) {
      throw new KeywrightError('storage-failed', 'the source gave other bytes than asked for', {
        field: 'source',
      })
    }
    if (more.length === 0) throw truncatedHeader()
    have = concatBytes(have, more)
  }
  return have
}
