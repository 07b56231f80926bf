import { sealBody } from '../src/body/whole.ts'
import { concatBytes } from '../src/format/byte-strings.ts'
import type { Layout } from '../src/format/header.ts'
import { chooseBlockShift, encodePagedHeader } from '../src/format/paged.ts'
import { type Envelope, type SealOptions, seal, sealDetached } from '../src/index.ts'
import { startSeal } from '../src/operations/seal-session.ts'

export const allLayouts: readonly Layout[] = ['compact', 'detached', 'paged']

/** Seals into an envelope of any layout. */
export async function sealAs(layout: Layout, plaintext: string, options: SealOptions): Promise<Envelope> {
  if (layout === 'compact') return seal(plaintext, options)
  return layout === 'detached' ? sealDetached(plaintext, options) : sealPaged(plaintext, options)
}

/** Seals into a paged envelope, as `@keywright/files` writes one. */
export async function sealPaged(plaintext: string, options: SealOptions): Promise<Uint8Array> {
  const session = await startSeal(options, plaintext.length)
  const { preambleBytes, keyCheck, keyTableBytes } = session
  const blockShift = chooseBlockShift(preambleBytes.length, keyTableBytes.length)
  const header = await encodePagedHeader(
    { layout: 'paged', blockShift, preambleBytes, keyCheck },
    keyTableBytes,
  )
  const body = await sealBody({
    key: session.dataKey.key,
    context: session.bodyContext,
    plaintext: new TextEncoder().encode(plaintext),
  })
  session.release()
  return concatBytes(header, body)
}

/** The header's bytes of an envelope, or all of it in the layouts of one piece. */
export function headerOf(envelope: Envelope): Uint8Array {
  return envelope instanceof Uint8Array ? envelope : envelope.header
}

/** An envelope with other bytes in place of its header's, or of the whole in the layouts of one piece. */
export function withHeader(envelope: Envelope, header: Uint8Array): Envelope {
  return envelope instanceof Uint8Array ? header : { header, body: envelope.body }
}

/** A copy with one bit changed. */
export function flipBit(bytes: Uint8Array, at: number, bit: number): Uint8Array {
  const copy = new Uint8Array(bytes)
  copy[at] = (copy[at] ?? 0) ^ (1 << bit)
  return copy
}

/** Text of bytes. */
export function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes)
}
