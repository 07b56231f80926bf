import { bodyPrefixBytes, truncatedBody } from '../body/sizes.ts'
import { concatBytes, sameBytes } from '../format/byte-strings.ts'
import type { EncryptionContext } from '../format/context.ts'
import {
  blockBytes,
  decodeHeader,
  decodePrefix,
  encodeHeader,
  encodeHeaderBase,
  type Header,
} from '../format/header.ts'
import { decodePagedHeader, encodePage } from '../format/paged.ts'
import { type Inspection, inspectHeader } from './inspect.ts'
import { type Envelope, noEnvelope } from './open.ts'
import type { RewrapReceipt } from './receipt.ts'
import { type RewrapRequest, rewrapKeyTable } from './rewrap-table.ts'

/** Options of {@link rewrap}. */
export interface RewrapOptions extends Omit<RewrapRequest, 'context'> {
  /** The whole context, or how it follows from the header; default: the stored one is accepted. */
  readonly context?: EncryptionContext | ((header: Inspection) => EncryptionContext) | undefined
  /**
   * Whether the body's commitment is checked before a slot goes, where the body is at hand. Default: yes. False where
   * its associated data is not at hand; the receipt then says `key-check`.
   */
  readonly checkBody?: boolean | undefined
}

/** What {@link rewrap} returns. */
export interface RewrapResult {
  /** The new header; as long as three blocks for a paged envelope. */
  readonly header: Uint8Array
  /** Header and body, when a whole envelope was given in one piece. The body is the same, byte for byte. */
  readonly envelope?: Uint8Array | undefined
  readonly receipt: RewrapReceipt
}

/**
 * Moves an envelope to other KEKs: its key table changes, and nothing else. Write the result with a compare-and-swap
 * on the old bytes. A rewrap rotates KEKs, not data keys: after a compromise, use `reseal`.
 *
 * @param input header bytes, a whole envelope, or its two parts
 * @param options whose slots come and go
 * @throws KeywrightError as `rewrapKeyTable`, and the codes of a header that cannot be read
 */
export async function rewrap(input: Envelope, options: RewrapOptions): Promise<RewrapResult> {
  const { header, body, write } = await take(input)
  const { context, checkBody = true, ...rest } = options
  const bodyPrefix = checkBody ? body?.subarray(0, bodyPrefixBytes) : undefined
  if (bodyPrefix !== undefined && bodyPrefix.length < bodyPrefixBytes) throw truncatedBody()
  const table = await rewrapKeyTable(header, {
    ...rest,
    context: typeof context === 'function' ? context(inspectHeader(header)) : context,
    bodyPrefix,
  })
  const bytes = await write(table.keyTableBytes)
  const whole = input instanceof Uint8Array && body !== undefined
  return { header: bytes, envelope: whole ? concatBytes(bytes, body) : undefined, receipt: table.receipt }
}

interface Taken {
  readonly header: Header
  /** Undefined when only the header is at hand. */
  readonly body: Uint8Array | undefined
  readonly write: (keyTableBytes: Uint8Array) => Promise<Uint8Array>
}

async function take(input: Envelope): Promise<Taken> {
  const bytes = input instanceof Uint8Array ? input : input?.header
  const beside = input instanceof Uint8Array ? undefined : input?.body
  if (beside !== undefined && !(beside instanceof Uint8Array)) throw noEnvelope()
  if (decodePrefix(bytes).layout === 'paged') return takePaged(bytes, beside)
  const { header, length } = decodeHeader(bytes)
  return {
    header,
    body: beside ?? (bytes.length > length ? bytes.subarray(length) : undefined),
    write: async (keyTableBytes) => encodeHeader(header, keyTableBytes),
  }
}

async function takePaged(bytes: Uint8Array, beside: Uint8Array | undefined): Promise<Taken> {
  const { header, generation, unfinished } = await decodePagedHeader(bytes)
  const block = blockBytes(header.blockShift)
  const write = async (keyTableBytes: Uint8Array): Promise<Uint8Array> => {
    const unchanged = !unfinished && sameBytes(keyTableBytes, header.keyTableBytes)
    if (unchanged) return bytes.slice(0, 3 * block)
    const base = new Uint8Array(block)
    base.set(encodeHeaderBase(header))
    const page = await encodePage(header, { generation: generation + 1, keyTableBytes })
    return concatBytes(base, page, page)
  }
  return { header, body: beside ?? (bytes.length > 3 * block ? bytes.subarray(3 * block) : undefined), write }
}
