import { type KeyContext, KeywrightError } from '@keywright/core/provider'

/** Tags of the specification's registry, by the way of binding. */
export const algorithms = { map: 'aws-kms.map', digest: 'aws-kms.digest' } as const

/** What AWS KMS is known to take in all, names and values, in bytes of UTF-8. */
const maxBytes = 8192

/**
 * The map that AWS KMS binds, and CloudTrail shows (KW-BIND-3): the caller's pairs and the constant pair, or the
 * constant pair and the digest. An IAM policy can ask for the constant pair.
 *
 * @param algorithm one of {@link algorithms}, from a slot or the configuration
 * @throws KeywrightError `unsupported` for another algorithm; `invalid-argument` for a context that cannot be sent as
 * it is
 */
export function encryptionContext(context: KeyContext, algorithm: string): Record<string, string> {
  const { role, pairs, digest } = context
  if (algorithm === algorithms.digest) {
    return { 'keywright:v1': role, 'keywright:context': Buffer.from(digest).toString('base64url') }
  }
  if (algorithm !== algorithms.map) {
    throw new KeywrightError('unsupported', 'AWS KMS wraps no such algorithm', { field: 'algorithm' })
  }
  let bytes = 0
  for (const [name, value] of Object.entries(pairs)) {
    // The constant pair would take its place, and it would not be bound.
    if (/^keywright:/i.test(name)) throw refused('no pair of a reserved name')
    bytes += Buffer.byteLength(name) + Buffer.byteLength(value)
  }
  if (bytes > maxBytes) throw refused(`at most ${maxBytes} bytes of names and values`)
  return { ...pairs, 'keywright:v1': role }
}

function refused(what: string): KeywrightError {
  const message = `an encryption context of AWS KMS has ${what}: bind the digest in its place`
  return new KeywrightError('invalid-argument', message, { field: 'context' })
}
