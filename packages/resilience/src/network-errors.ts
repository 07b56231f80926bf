import type { ProviderDefinition } from '@keywright/core/provider'

type Code = ReturnType<ProviderDefinition<unknown>['classify']>['code']

/**
 * What Node's own codes of a failed connection mean for a call: the names of the system's errors of sockets and of
 * name resolution (getaddrinfo's, c-ares'), those of OpenSSL's verification, and those of the HTTP parser. Errors of
 * files are not among them: a token file that is missing is no outage of the service.
 */
const meanings: readonly (readonly [pattern: RegExp, code: Code])[] = [
  [/^(ETIMEDOUT|ESOCKETTIMEDOUT|ETIMEOUT|ERR_SOCKET_CONNECTION_TIMEOUT)$/, 'timeout'],
  [/^UND_ERR_(CONNECT|HEADERS|BODY)_TIMEOUT$/, 'timeout'],
  // A certificate that does not match, an authority that nobody trusts, plain HTTP on a TLS port: no retry helps.
  [/^([A-Z]+_)*(CERT|CRL)(_[A-Z]+)*$|^ERR_(SSL|TLS)_|^EPROTO$/, 'configuration'],
  [/^(UNABLE_TO_VERIFY_LEAF_SIGNATURE|UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY)$/, 'configuration'],
  [/^(HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH_EXCEEDED)$/, 'configuration'],
  [/^HPE_\w+$/, 'invalid-response'],
  [/^(ECONNREFUSED|ECONNRESET|ECONNABORTED|EPIPE|ENOTCONN|ESHUTDOWN|UND_ERR_SOCKET)$/, 'unavailable'],
  [/^(EHOSTUNREACH|EHOSTDOWN|ENETUNREACH|ENETDOWN|ENETRESET|ERR_STREAM_PREMATURE_CLOSE)$/, 'unavailable'],
  // No port, buffer or descriptor is free for one more socket; one will be.
  [/^(EADDRNOTAVAIL|ENOBUFS|EMFILE|ENFILE)$/, 'unavailable'],
  [/^(ENOTFOUND|ENODATA|ESERVFAIL|EREFUSED|EAI_[A-Z]+)$/, 'unavailable'],
]

/**
 * What a failure without an answer means, for a provider's `classify`.
 *
 * @param code the `code` of the system's error, such as `ECONNRESET` or `CERT_HAS_EXPIRED`
 * @returns undefined for anything that is no such code, an error of a file (`ENOENT`) among them
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
