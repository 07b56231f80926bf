import { plaintextSize } from '../body/sizes.ts'
import { wrapAuthenticityOf } from '../format/algorithms.ts'
import { blockBytes, decodeHeader, decodePrefix, type Header, type Layout } from '../format/header.ts'
import { type Slot, slotKind } from '../format/key-table.ts'
import { decodePagedHeader } from '../format/paged.ts'
import { formatKeyUri } from '../provider/key-uri.ts'
import { keyCheckText } from './receipt.ts'

/** One slot as its header shows it; nothing of it is authenticated. */
export interface SlotInspection {
  /** Key URI of its KEK; undefined where it is concealed, or of a kind that this version does not know. */
  readonly key: string | undefined
  readonly scheme: string
  readonly kind: 'plain' | 'concealed' | 'unknown'
  /** Empty where the key manager tells none. */
  readonly keyVersion: string
  readonly algorithm: string
  /**
   * Who could have made it, by its algorithm: holders of the permission to wrap, or anyone with the public key;
   * `unknown` for an algorithm that this version does not know.
   */
  readonly wrapAuthenticity: 'kek-holder' | 'public-key' | 'unknown'
  readonly wrappedBytes: number
}

/** One group of slots. */
export interface GroupInspection {
  /** The share's index; 0 without shares. */
  readonly index: number
  readonly slots: readonly SlotInspection[]
}

/** What an envelope says of itself without any key. All of it is claims: whoever stores it can change it. */
export interface Inspection {
  readonly layout: Layout
  /** The stored context, without withheld values. */
  readonly context: Readonly<Record<string, string>>
  readonly withheldNames: readonly string[]
  readonly dekUse: 'single' | 'shared'
  /** The DEK's public identity, hexadecimal. */
  readonly keyCheck: string
  /** Groups that must agree. */
  readonly threshold: number
  readonly groups: readonly GroupInspection[]
  /** Paged only: how often the key table was written, and whether a rewrap was cut short. */
  readonly pages?:
    | { readonly generation: number; readonly unfinished: boolean; readonly blockBytes: number }
    | undefined
  /** Bytes before the body. */
  readonly headerBytes?: number | undefined
  /** Size of the plaintext by arithmetic, where the body is there and of a size that a body can have. */
  readonly plaintextBytes?: number | undefined
}

/**
 * Shows what an envelope says of itself. Needs no key, makes no call, proves nothing.
 *
 * @param envelope header bytes, or a whole envelope of any layout
 * @throws KeywrightError `malformed-envelope`, `unsupported-version`, `limit-exceeded` or `truncated`
 */
export async function inspect(envelope: Uint8Array): Promise<Inspection> {
  if (decodePrefix(envelope).layout === 'paged') {
    const { header, generation, unfinished } = await decodePagedHeader(envelope)
    const block = blockBytes(header.blockShift)
    return {
      ...inspectHeader(header),
      pages: { generation, unfinished, blockBytes: block },
      headerBytes: 3 * block,
      plaintextBytes: sizeOf(envelope.length - 3 * block),
    }
  }
  const { header, length } = decodeHeader(envelope)
  return { ...inspectHeader(header), headerBytes: length, plaintextBytes: sizeOf(envelope.length - length) }
}

/** Shows a decoded header. */
export function inspectHeader(header: Header): Inspection {
  const { preamble, keyTable } = header
  return {
    layout: header.layout,
    context: Object.fromEntries(preamble.storedContext),
    withheldNames: preamble.withheldNames,
    dekUse: preamble.dekUse,
    keyCheck: keyCheckText(header),
    threshold: keyTable.threshold,
    groups: keyTable.groups.map(({ index, slots }) => ({ index, slots: slots.map(inspectSlot) })),
  }
}

function inspectSlot(slot: Slot): SlotInspection {
  const { kind, scheme, reference, keyVersion, algorithm, wrapped } = slot
  const plain = kind === slotKind.plain && typeof reference === 'string'
  return {
    key: plain ? formatKeyUri(scheme, reference) : undefined,
    scheme,
    kind: plain ? 'plain' : kind === slotKind.concealed ? 'concealed' : 'unknown',
    keyVersion,
    algorithm,
    wrapAuthenticity: wrapAuthenticityOf(slot),
    wrappedBytes: wrapped.length,
  }
}

function sizeOf(bodyBytes: number): number | undefined {
  try {
    return plaintextSize(bodyBytes)
  } catch {
    return undefined
  }
}
