import { bodyRange, type RangeReader } from '../body/range.ts'
import { PinnedSource, type RangeSource } from '../body/range-source.ts'
import { KeywrightError } from '../errors.ts'
import { concatBytes } from '../format/byte-strings.ts'
import {
  decodePrefix,
  headerLength,
  pagedHeaderBytes,
  prefixBytes,
  truncatedHeader,
} from '../format/header.ts'
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
  const pinned = new PinnedSource(source)
  const { header, base } =
    options.header === undefined ? await readHeader(pinned, options.signal) : detached(options.header)
  const session = await startOpen(header, options)
  try {
    const { threads: engine, signal } = options
    const reader = await bodyRange({
      key: session.dataKey.key,
      context: session.bodyContext,
      source: pinned,
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

async function readHeader(source: PinnedSource, signal: AbortSignal | undefined): Promise<FoundHeader> {
  let bytes = await source.read(0, Math.min(firstReadBytes, source.size), signal)
  const upTo = async (wanted: number): Promise<void> => {
    if (wanted > source.size) throw truncatedHeader()
    if (wanted <= bytes.length) return
    bytes = concatBytes(bytes, await source.read(bytes.length, wanted - bytes.length, signal))
  }
  const { layout, blockShift, preambleLength } = decodePrefix(bytes)
  if (layout === 'detached') {
    throw new KeywrightError('invalid-argument', 'a detached header is given apart from its body', {
      field: 'header',
    })
  }
  if (layout === 'paged') {
    const length = pagedHeaderBytes(blockShift)
    await upTo(length)
    const headerBytes = bytes.slice(0, length)
    const { header } = await decodePagedHeader(headerBytes)
    return { header: { bytes: headerBytes, decode: () => header }, base: length }
  }
  await upTo(prefixBytes + preambleLength + limits.keyCheckBytes + 4)
  const length = headerLength(bytes) ?? 0
  await upTo(length)
  return { header: headerSource(bytes.slice(0, length)), base: length }
}
