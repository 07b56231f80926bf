import type { ProviderDefinition } from '@keywright/core/provider'
import { networkErrorCode, retryAfterMs } from '@keywright/resilience'

type Classify = ProviderDefinition<unknown>['classify']
type Operation = Parameters<Classify>[1]['operation']
type Code = ReturnType<Classify>['code']

/** What is read of an error of the library, `RestError` or another; nothing of it is passed on. */
interface AzureError {
  readonly name?: string
  readonly message?: string
  /** The service's code, or the system's where no answer came. */
  readonly code?: string
  readonly statusCode?: number
  readonly details?: { readonly error?: { readonly innerError?: { readonly code?: string } } }
  readonly response?: { readonly headers?: { readonly get: (name: string) => string | undefined } }
}

const fileErrors = ['ENOENT', 'ENOTDIR', 'EISDIR', 'EACCES', 'EPERM']

/** Codes of the service, inner ones on vaults, and what the library throws of itself. */
const byCode: ReadonlyMap<string | undefined, Code> = new Map<string, Code>([
  // The dates of a key refuse a wrap only.
  ['KeyDisabled', 'key-disabled'],
  ['KeyExpired', 'key-disabled'],
  ['KeyNotYetValid', 'key-disabled'],
  ['KeyNotYetValidOrExpired', 'key-disabled'],
  ['AbortError', 'aborted'],
  ['AggregateAuthenticationError', 'unauthenticated'],
  ['AuthenticationError', 'unauthenticated'],
  ['AuthenticationRequiredError', 'unauthenticated'],
  ['CredentialUnavailableError', 'unauthenticated'],
  // Codes of the system: the file that a credential is read from cannot be.
  ...fileErrors.map((code) => [code, 'unauthenticated'] as const),
])

/** Answers without a more exact row above. */
const byStatus: ReadonlyMap<number | undefined, Code> = new Map<number, Code>([
  [400, 'invalid-argument'],
  [401, 'unauthenticated'],
  [403, 'access-denied'],
  [404, 'key-not-found'],
  [408, 'timeout'],
  [413, 'invalid-argument'],
  [429, 'throttled'],
  [500, 'unavailable'],
  [502, 'unavailable'],
  [503, 'unavailable'],
  [504, 'timeout'],
])

/** Maps what the library threw. The service answers 400 for a bad request and for a refused unwrap alike. */
export const classifyAzureError: Classify = (thrown, { operation }) => {
  const error = factsOf(thrown)
  const { headers } = error.response ?? {}
  return {
    code: codeOf(error, operation),
    requestId: headers?.get('x-ms-request-id'),
    retryAfterMs: retryAfterMs(headers?.get('retry-after')),
  }
}

function codeOf(error: AzureError, operation: Operation): Code {
  const { name, message, code, statusCode } = error
  // First the name: where a token was refused, the status is not that of the key manager.
  const told = byCode.get(name) ?? byCode.get(innerCodeOf(error)) ?? byCode.get(code)
  if (told !== undefined) return told
  if (statusCode === undefined) {
    // The host's challenge names a service that the host is not part of: nobody gets our token there.
    if (message?.startsWith('The challenge ')) return 'configuration'
    // Of the library's own codes without a status, one says that the answer was cut off.
    return networkErrorCode(code) ?? (name === 'RestError' ? 'unavailable' : 'unknown')
  }
  // No JSON: something else than the service answered, and only a gateway's statuses mean what they say.
  if (code === 'PARSE_ERROR' && statusCode < 500 && statusCode !== 429) return 'invalid-response'
  if (statusCode === 400 && operation === 'unwrapKey') return 'unwrap-failed'
  return byStatus.get(statusCode) ?? 'unknown'
}

/** Whether the service refused one version of a key: it is disabled, or there is none of that name. */
export function refusesVersion(error: unknown): boolean {
  const { statusCode, code } = factsOf(error)
  return statusCode === 404 || code === 'KeyDisabled' || innerCodeOf(error) === 'KeyDisabled'
}

/** Whether the service refused for want of a permission. */
export function isForbidden(error: unknown): boolean {
  return factsOf(error).statusCode === 403
}

/** An injected client may throw anything; what trips over a stranger thing than this is `unknown` by core's rule. */
function factsOf(error: unknown): AzureError {
  return typeof error === 'object' && error !== null ? error : {}
}

function innerCodeOf(error: unknown): string | undefined {
  return factsOf(error).details?.error?.innerError?.code
}
