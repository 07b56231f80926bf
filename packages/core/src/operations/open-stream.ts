import { BodyOpener } from '../body/opener.ts'
import { requireBytes } from '../body/piece.ts'
import { type PieceWorker, workerStream } from '../body/streams.ts'
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
import {
  type HeaderSource,
  headerSource,
  type OpenOptions,
  type OpenSession,
  startOpen,
} from './open-session.ts'

/**
 * A stream that opens: an envelope in, its plaintext out. Chunks come out as they authenticate, before the end is
 * known: success is only the clean close, and after an error everything that came out is to be discarded.
 *
 * @param options the keyring, the expected context, and the associated data of the seal
 * @returns errors with the codes of `open`
 */
export function openStream(options: OpenOptions): TransformStream<Uint8Array, Uint8Array> {
  return workerStream(async () => ({ worker: new EnvelopeOpener(options), first: [] }), options.signal)
}

/** Collects a header, bounded by the limits of the format, and hands the rest to a body opener. */
class EnvelopeOpener implements PieceWorker {
  readonly #options: OpenOptions
  #header: Uint8Array = new Uint8Array(0)
  #session: OpenSession | undefined
  #opener: BodyOpener | undefined
  #abandoned = false

  constructor(options: OpenOptions) {
    this.#options = options
  }

  async push(piece: Uint8Array): Promise<readonly Uint8Array[]> {
    if (this.#opener !== undefined) return this.#open(this.#opener, piece)
    requireBytes(piece)
    this.#header = concatBytes(this.#header, piece)
    const length = wholeHeaderLength(this.#header)
    if (length === undefined || this.#header.length < length) return []
    const body = this.#header.subarray(length)
    const opener = await this.#begin(await sourceOf(this.#header.subarray(0, length)))
    this.#header = new Uint8Array(0)
    return this.#open(opener, body)
  }

  async finish(): Promise<readonly Uint8Array[]> {
    if (this.#opener === undefined) throw truncatedHeader()
    return this.#count(await this.#opener.finish())
  }

  abandon(): void {
    this.#abandoned = true
    this.#opener?.abandon()
    this.#session?.release()
    this.#session = undefined
  }

  async #begin(source: HeaderSource): Promise<BodyOpener> {
    const session = await startOpen(source, this.#options)
    if (this.#abandoned) {
      session.release()
      throw new KeywrightError('aborted', 'the stream was given up')
    }
    this.#session = session
    const { threads: engine, signal } = this.#options
    this.#opener = new BodyOpener({ key: session.dataKey.key, context: session.bodyContext, engine, signal })
    return this.#opener
  }

  async #open(opener: BodyOpener, piece: Uint8Array): Promise<readonly Uint8Array[]> {
    return this.#count(await opener.push(piece))
  }

  #count(pieces: readonly Uint8Array[]): readonly Uint8Array[] {
    for (const piece of pieces) this.#session?.count(piece.length)
    return pieces
  }
}

/** Length of a header of any layout; undefined while too little is there to tell. */
function wholeHeaderLength(bytes: Uint8Array): number | undefined {
  const length = headerLength(bytes)
  if (length !== undefined || bytes.length < prefixBytes) return length
  const { layout, blockShift } = decodePrefix(bytes)
  return layout === 'paged' ? pagedHeaderBytes(blockShift) : undefined
}

async function sourceOf(bytes: Uint8Array): Promise<HeaderSource> {
  const { layout } = decodePrefix(bytes)
  if (layout === 'detached') {
    const message = 'a detached header stands apart from its body, and a stream holds both'
    throw new KeywrightError('malformed-envelope', message, { field: 'layout' })
  }
  if (layout === 'compact') return headerSource(bytes)
  const { header } = await decodePagedHeader(bytes)
  return { bytes, decode: () => header }
}
