import { KeywrightError } from '../errors.ts'
import { type CanonicalContext, canonicalContext, type EncryptionContext } from '../format/context.ts'
import type { Preamble } from '../format/preamble.ts'
import { printable } from '../printable.ts'

/** What a reader says about the context of an envelope. */
export interface ExpectedContext {
  /** The whole context that is expected, names and values; default {}. */
  readonly context?: EncryptionContext | undefined
  /**
   * Accepts the context that the header stores, in place of stating one: whoever can swap envelopes then chooses
   * among all that the keyring opens. Impossible where values are withheld.
   */
  readonly trustStoredContext?: boolean | undefined
}

/**
 * Compares the expected context with the stored one before any key-manager call (KW-CTX-7, KW-CTX-8). Without this
 * an envelope of one tenant, pasted over another's record, would open.
 *
 * @returns the full context, with the withheld values that the reader stated
 * @throws KeywrightError `context-mismatch`; `invalid-argument` for both a context and trust, or trust where values
 * are withheld
 */
export function expectContext(preamble: Preamble, expected: ExpectedContext): CanonicalContext {
  if (expected.trustStoredContext === true) return trustedContext(preamble, expected.context)
  const full = canonicalContext(expected.context)
  const { storedContext, withheldNames } = preamble
  const same =
    full.pairs.size === storedContext.size + withheldNames.length &&
    withheldNames.every((name) => full.pairs.has(name)) &&
    [...storedContext].every(([name, value]) => full.pairs.get(name) === value)
  if (!same) {
    const message = 'the envelope was sealed for another encryption context than the one expected'
    throw new KeywrightError('context-mismatch', message, { field: 'context' })
  }
  return full
}

function trustedContext(preamble: Preamble, stated: EncryptionContext | undefined): CanonicalContext {
  if (stated !== undefined) {
    const message = 'a context is either stated or trusted, not both'
    throw new KeywrightError('invalid-argument', message, { field: 'trustStoredContext' })
  }
  if (preamble.withheldNames.length > 0) {
    const names = preamble.withheldNames.map(printable).join(', ')
    const message = `values of the context are withheld from the header and have to be stated: ${names}`
    throw new KeywrightError('invalid-argument', message, { field: 'context' })
  }
  return canonicalContext(Object.fromEntries(preamble.storedContext))
}
