import type { AssociatedData } from '../format/associated-data.ts'
import type { Keyring } from '../keyring/keyring.ts'
import { expectContext } from './expected-context.ts'
import { anyHeader, type Envelope, open } from './open.ts'
import type { OpenOptions } from './open-session.ts'
import { type DetachedEnvelope, seal, sealDetached } from './seal.ts'

/** Options of {@link reseal}. */
export interface ResealOptions extends OpenOptions {
  /** The keyring that the new envelope is sealed with; default: `keys`. */
  readonly to?: Keyring | undefined
  /** The new envelope's associated data; default: the old one's. */
  readonly newAssociatedData?: AssociatedData | undefined
}

/**
 * Seals an envelope's plaintext anew, with a new DEK: the answer to a compromise, to the age of a DEK, and to handing
 * one record to another party. The context stays, and what was withheld stays withheld.
 *
 * @param envelope a compact envelope, or a detached one in its two parts
 * @param options who opens, who seals
 * @returns an envelope like the one given; a paged one becomes compact, files are resealed by `@keywright/files`
 * @throws KeywrightError the codes of `open` and `seal`
 */
export async function reseal<Given extends Envelope>(
  envelope: Given,
  options: ResealOptions,
): Promise<Given extends DetachedEnvelope ? DetachedEnvelope : Uint8Array>
export async function reseal(envelope: Envelope, options: ResealOptions): Promise<Envelope> {
  const { preamble } = await anyHeader(envelope)
  const context = Object.fromEntries(expectContext(preamble, options).pairs)
  // The context is stated here, so that bytes which change meanwhile cannot move a plaintext to another context.
  const plaintext = await open(envelope, { ...options, context, trustStoredContext: false })
  try {
    const sealing = {
      keys: options.to ?? options.keys,
      context,
      withhold: preamble.withheldNames,
      associatedData: options.newAssociatedData ?? options.associatedData,
      threads: options.threads,
      signal: options.signal,
    }
    return envelope instanceof Uint8Array
      ? await seal(plaintext, sealing)
      : await sealDetached(plaintext, sealing)
  } finally {
    plaintext.fill(0)
  }
}
