import type { ProviderDefinition } from '@keywright/core/provider'
import { networkErrorCode, retryAfterMs } from '@keywright/resilience'

type Classify = ProviderDefinition<unknown>['classify']
type Operation = Parameters<Classify>[1]['operation']
type Code = ReturnType<Classify>['code']

/** What each name of an error means, or its code, whatever was asked. */
const table: readonly (readonly [code: Code, names: readonly string[]])[] = [
  ['access-denied', ['AccessDeniedException']],
  ['key-not-found', ['NotFoundException']],
  ['key-disabled', ['DisabledException']],
  ['invalid-argument', ['ValidationException', 'InvalidKeyUsageException', 'InvalidArnException']],
  ['unsupported', ['UnsupportedOperationException']],
  ['throttled', ['ThrottlingException']],
  // A quota of keys or grants: waiting does not help.
  ['unknown', ['LimitExceededException']],
  ['unavailable', ['KeyUnavailableException', 'KMSInternalException']],
  ['timeout', ['DependencyTimeoutException', 'TimeoutError']],
  ['unauthenticated', ['UnrecognizedClientException', 'InvalidSignatureException', 'ExpiredTokenException']],
  ['unauthenticated', ['IncompleteSignatureException', 'MissingAuthenticationTokenException']],
  ['unauthenticated', ['CredentialsProviderError', 'TokenProviderError']],
  // Codes of the system: the file that a token is read from (AWS_WEB_IDENTITY_TOKEN_FILE) cannot be.
  ['unauthenticated', ['ENOENT', 'ENOTDIR', 'EISDIR', 'EACCES', 'EPERM']],
  ['aborted', ['AbortError']],
  // An answer that is no JSON.
  ['invalid-response', ['SyntaxError']],
]

const codes: ReadonlyMap<string, Code> = new Map(
  table.flatMap(([code, names]) => names.map((name) => [name, code] as const)),
)

/** Refusals of a ciphertext: altered, of another context or of another key, which stay one answer. */
const refusals: ReadonlySet<string> = new Set(['InvalidCiphertextException', 'IncorrectKeyException'])

interface SdkError {
  readonly name: string
  readonly message: string
  /** Of a socket's error. */
  readonly code: string
  readonly $metadata: { readonly httpStatusCode?: number; readonly requestId?: string }
  readonly $response: { readonly headers?: Readonly<Record<string, string>> }
}

/** Maps what the SDK threw to one of our codes. */
export const classifyAwsError: Classify = (thrown, { operation }) => {
  const error = thrown as Partial<SdkError>
  return {
    code: codeOf(error, operation),
    requestId: error.$metadata?.requestId,
    retryAfterMs: retryAfterMs(error.$response?.headers?.['retry-after']),
  }
}

function codeOf(
  { name = '', message = '', code = '', $metadata }: Partial<SdkError>,
  operation: Operation,
): Code {
  if (refusals.has(name)) {
    return operation === 'unwrapKey' || operation === 'rewrapKey' ? 'unwrap-failed' : 'unknown'
  }
  if (name === 'KMSInvalidStateException') {
    if (/pending (replica )?deletion/i.test(message)) return 'key-destroyed'
    // What remains is under way or cut off: a key being made or moved, a key store that is not connected.
    return /pending import/i.test(message) ? 'key-disabled' : 'unavailable'
  }
  if (message === 'Region is missing') return 'configuration'
  const { httpStatusCode: status = 0 } = $metadata ?? {}
  const byStatus = status >= 500 ? 'unavailable' : status === 429 ? 'throttled' : 'unknown'
  // The SDK calls a connection that is reset a TimeoutError.
  return networkErrorCode(code) ?? codes.get(name) ?? codes.get(code) ?? byStatus
}
