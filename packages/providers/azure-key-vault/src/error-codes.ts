import type { ProviderDefinition } from '@keywright/core'

type Classify = ProviderDefinition<unknown>['classify']
type Code = ReturnType<Classify>['code']

/** Errors of the library that are no answer of the service, by their names. */
const byName: ReadonlyMap<string, Code> = new Map<string, Code>([
  ['AbortError', 'aborted'],
  ['AggregateAuthenticationError', 'unauthenticated'],
  ['AuthenticationError', 'unauthenticated'],
  ['AuthenticationRequiredError', 'unauthenticated'],
  ['CredentialUnavailableError', 'unauthenticated'],
])

/** Answers without a more exact row below. */
const byStatus: ReadonlyMap<number, Code> = new Map<number, Code>([
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

/** Refusals with a code of their own, inner on vaults; the dates of a key refuse a wrap only. */
const byInnerCode: ReadonlyMap<string, Code> = new Map<string, Code>([
  ['KeyDisabled', 'key-disabled'],
  ['KeyExpired', 'key-disabled'],
  ['KeyNotYetValid', 'key-disabled'],
  ['KeyNotYetValidOrExpired', 'key-disabled'],
])

/** Where no answer came: the library hands on the system's code. */
const byTransportCode: ReadonlyMap<string, Code> = new Map<string, Code>([
  ['ECONNREFUSED', 'unavailable'],
  ['ECONNRESET', 'unavailable'],
  ['EHOSTUNREACH', 'unavailable'],
  ['ENETUNREACH', 'unavailable'],
  ['ENOTFOUND', 'unavailable'],
  ['EAI_AGAIN', 'unavailable'],
  ['EPIPE', 'unavailable'],
  ['ETIMEDOUT', 'unavailable'],
  ['ERR_STREAM_PREMATURE_CLOSE', 'unavailable'],
  ['REQUEST_SEND_ERROR', 'unavailable'],
  // An answer that was cut off and one that is no JSON look alike.
  ['PARSE_ERROR', 'unavailable'],
  ['CERT_HAS_EXPIRED', 'configuration'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'configuration'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'configuration'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'configuration'],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'configuration'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'configuration'],
])

/** Maps what the library threw. The service answers 400 for a bad request and for a refused unwrap alike. */
export const classifyAzureError: Classify = (error, { operation }) => {
  const { name, message, code, status, innerCode, headers } = factsOf(error)
  const named = byName.get(name)
  if (named !== undefined) return { code: named }
  if (status === undefined) {
    // The host's challenge names a service that the host is not part of: nobody gets our token there.
    if (/^The challenge (resource|origin|contains)/.test(message)) return { code: 'configuration' }
    return { code: byTransportCode.get(code) ?? (code.startsWith('HPE_') ? 'unavailable' : 'unknown') }
  }
  const rest = { requestId: headers('x-ms-request-id'), retryAfterMs: delayOf(headers('retry-after')) }
  if (code === 'PARSE_ERROR') return { code: 'unavailable', ...rest }
  if (status === 400 && operation === 'unwrapKey') return { code: 'unwrap-failed', ...rest }
  const refused = byInnerCode.get(innerCode) ?? byInnerCode.get(code)
  return { code: refused ?? byStatus.get(status) ?? 'unknown', ...rest }
}

/** Whether the service refused one version of a key: it is disabled, or there is none of that name. */
export function refusesVersion(error: unknown): boolean {
  const { status, code, innerCode } = factsOf(error)
  return status === 404 || innerCode === 'KeyDisabled' || code === 'KeyDisabled'
}

/** Whether the service refused for want of a permission. */
export function isForbidden(error: unknown): boolean {
  return factsOf(error).status === 403
}

interface Facts {
  readonly name: string
  readonly message: string
  readonly code: string
  readonly status: number | undefined
  readonly innerCode: string
  readonly headers: (name: string) => string | undefined
}

/** Nothing of the library's error is taken for granted: an injected client may throw anything. */
function factsOf(error: unknown): Facts {
  const status = field(error, 'statusCode')
  const headers = field(field(error, 'response'), 'headers')
  const get = field(headers, 'get')
  return {
    name: text(field(error, 'name')),
    message: text(field(error, 'message')),
    code: text(field(error, 'code')),
    status: typeof status === 'number' ? status : undefined,
    innerCode: text(field(field(field(field(error, 'details'), 'error'), 'innerError'), 'code')),
    headers: (name) => (typeof get === 'function' ? text(get.call(headers, name)) || undefined : undefined),
  }
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** Retry-After (RFC 9110 10.2.3): seconds, or a date. */
function delayOf(retryAfter: string | undefined): number | undefined {
  if (retryAfter === undefined) return undefined
  const milliseconds = /^[0-9]+$/.test(retryAfter)
    ? Number(retryAfter) * 1_000
    : Date.parse(retryAfter) - Date.now()
  return Number.isFinite(milliseconds) ? Math.max(0, milliseconds) : undefined
}
