import type { ProviderDefinition } from '@keywright/core'

type Code = ReturnType<ProviderDefinition<unknown>['classify']>['code']

/**
 * What Node's own codes of a failed connection mean for a call, first match first: the names of the system's errors,
 * those of OpenSSL's verification, and those of the HTTP parser.
 */
const meanings: readonly (readonly [pattern: RegExp, code: Code])[] = [
  [/^(ETIMEDOUT|ESOCKETTIMEDOUT|UND_ERR_(CONNECT|HEADERS|BODY)_TIMEOUT)$/, 'timeout'],
  // A certificate that does not match, an authority that nobody trusts, plain HTTP on a TLS port: no retry helps.
  [/CERT|SIGNATURE|^ERR_(SSL|TLS)_|^EPROTO$/, 'configuration'],
  [/^HPE_\w+$/, 'invalid-response'],
  [/^(E[A-Z]+(_[A-Z]+)*|ERR_STREAM_PREMATURE_CLOSE|UND_ERR_SOCKET)$/, 'unavailable'],
]

/**
 * What a failure without an answer means, for a provider's `classify`.
 *
 * @param code the `code` of the system's error, such as `ECONNRESET` or `CERT_HAS_EXPIRED`
 * @returns undefined for anything that is no such code
 */
export function networkErrorCode(code: unknown): Code | undefined {
  return typeof code === 'string' ? meanings.find(([pattern]) => pattern.test(code))?.[1] : undefined
}

/**
 * The delay that an HTTP answer asks for (Retry-After, RFC 9110 section 10.2.3).
 *
 * @param value the header: whole seconds, or an HTTP date
 * @param now the present time, in milliseconds since 1970; default: the machine's
 * @returns milliseconds, never negative; undefined for a header that is missing or is neither
 */
export function retryAfterMs(value: string | null | undefined, now: number = Date.now()): number | undefined {
  if (value === undefined || value === null) return undefined
  const text = value.trim()
  if (/^[0-9]+$/.test(text)) return Number(text) * 1_000
  // The engine reads a date in almost anything; HTTP's ends like this.
  const date = text.endsWith(' GMT') ? Date.parse(text) : Number.NaN
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}
