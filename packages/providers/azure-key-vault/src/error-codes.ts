import type { ProviderDefinition } from '@keywright/core'

type Classify = ProviderDefinition<unknown>['classify']
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

/** Codes of the service, inner ones on vaults, and what the library throws of itself and of TLS. */
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
  // An answer that was cut off and one that is no JSON look alike.
  ['PARSE_ERROR', 'unavailable'],
  ['CERT_HAS_EXPIRED', 'configuration'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'configuration'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'configuration'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'configuration'],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'configuration'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'configuration'],
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
export const classifyAzureError: Classify = (error, { operation }) => {
  const { name, message, code, statusCode, response } = factsOf(error)
  const requestId = response?.headers?.get('x-ms-request-id')
  const retryAfterMs = delayOf(response?.headers?.get('retry-after'))
  const classified = (found: Code) => ({ code: found, requestId, retryAfterMs })
  // First the name: where a token was refused, the status is not that of the key manager.
  const told = byCode.get(name) ?? byCode.get(innerCodeOf(error)) ?? byCode.get(code)
  if (told === undefined && statusCode === 400 && operation === 'unwrapKey')
    return classified('unwrap-failed')
  const known = told ?? byStatus.get(statusCode)
  if (known !== undefined) return classified(known)
  // The host's challenge names a service that the host is not part of: nobody gets our token there.
  if (message?.startsWith('The challenge ')) return classified('configuration')
  // No answer, or nothing that is HTTP.
  return classified(name === 'RestError' && statusCode === undefined ? 'unavailable' : 'unknown')
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

/** Retry-After (RFC 9110 10.2.3): seconds, or a date. */
function delayOf(retryAfter: string | undefined): number | undefined {
  if (retryAfter === undefined) return undefined
  const asked = /^[0-9]+$/.test(retryAfter) ? Number(retryAfter) * 1_000 : Date.parse(retryAfter) - Date.now()
  return Number.isFinite(asked) ? Math.max(0, asked) : undefined
}
