import { KeywrightError } from '../errors.ts'
import { limits } from '../limits.ts'

/** A parsed key URI: `scheme://reference`, or `pkcs11:reference` after RFC 7512. */
export interface KeyUri {
  readonly scheme: string
  /** Everything after the scheme; the provider's own grammar applies to it. */
  readonly reference: string
  /** The URI as text. */
  readonly uri: string
}

const schemeGrammar = /^[a-z][a-z0-9-]{0,62}$/
/** Printable ASCII without space, quotes, backslash and angle brackets: nothing that a path, a shell or a log could trip over. */
const referenceGrammar = /^[!#-;=?-[\]-_a-z{-~]+$/

/**
 * Parses a key URI. `new URL` cannot: it throws on `aws-kms://arn:…` and rewrites what it accepts.
 *
 * @param text `scheme://reference`, at most 2,048 bytes of reference
 * @throws KeywrightError `configuration`, with field `key`
 */
export function parseKeyUri(text: string): KeyUri {
  const colon = text.indexOf(':')
  const scheme = text.slice(0, Math.max(colon, 0))
  if (!schemeGrammar.test(scheme)) throw refused('starts with a scheme such as local:// or aws-kms://')
  const rest = text.slice(colon + 1)
  const opaque = scheme === 'pkcs11'
  if (!opaque && !rest.startsWith('//')) throw refused(`is written ${scheme}://…`)
  const reference = opaque ? rest : rest.slice(2)
  if (reference.length > limits.referenceBytes)
    throw refused(`has at most ${limits.referenceBytes} bytes after the scheme`)
  if (!referenceGrammar.test(reference))
    throw refused('names a key after the scheme, in printable ASCII without spaces')
  return { scheme, reference, uri: text }
}

/**
 * The canonical URI of a KEK, the inverse of {@link parseKeyUri}.
 *
 * @param scheme the provider's scheme
 * @param reference the canonical reference
 */
export function formatKeyUri(scheme: string, reference: string): string {
  return scheme === 'pkcs11' ? `pkcs11:${reference}` : `${scheme}://${reference}`
}

function refused(rule: string): KeywrightError {
  return new KeywrightError('configuration', `a key URI ${rule}`, { field: 'key' })
}
