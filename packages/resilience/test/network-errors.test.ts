import { expect, test } from 'vitest'
import { networkErrorCode, retryAfterMs } from '../src/index.ts'

const meanings: Readonly<Record<string, readonly string[]>> = {
  unavailable: [
    'ECONNREFUSED ECONNRESET ECONNABORTED EPIPE ENOTCONN ESHUTDOWN',
    'EHOSTUNREACH EHOSTDOWN ENETUNREACH ENETDOWN ENETRESET EADDRNOTAVAIL ENOBUFS EMFILE ENFILE',
    'ENOTFOUND ENODATA ESERVFAIL EREFUSED EAI_AGAIN EAI_FAIL EAI_NODATA EAI_NONAME EAI_SYSTEM',
    'ERR_STREAM_PREMATURE_CLOSE UND_ERR_SOCKET',
  ],
  timeout: [
    'ETIMEDOUT ESOCKETTIMEDOUT ETIMEOUT ERR_SOCKET_CONNECTION_TIMEOUT',
    'UND_ERR_CONNECT_TIMEOUT UND_ERR_HEADERS_TIMEOUT UND_ERR_BODY_TIMEOUT',
  ],
  'invalid-response': ['HPE_INVALID_CONSTANT'],
  configuration: [
    'CERT_HAS_EXPIRED CERT_NOT_YET_VALID CERT_REVOKED CERT_UNTRUSTED CERT_REJECTED CERT_SIGNATURE_FAILURE',
    'DEPTH_ZERO_SELF_SIGNED_CERT SELF_SIGNED_CERT_IN_CHAIN UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE HOSTNAME_MISMATCH INVALID_CA INVALID_PURPOSE PATH_LENGTH_EXCEEDED',
    'UNABLE_TO_GET_CRL CRL_HAS_EXPIRED ERR_TLS_CERT_ALTNAME_INVALID ERR_SSL_WRONG_VERSION_NUMBER EPROTO',
  ],
  // Of files, of the process and of the program: no connection failed, so that none gets better by another try.
  undefined: [
    'ENOENT EACCES EPERM EISDIR ENOTDIR ELOOP EBADF EINVAL EEXIST ENOSPC EROFS ENOMEM EAGAIN',
    'AccessDeniedException SignatureDoesNotMatch CERTIFICATE_AUTHORITY_SERVICE Error UND_ERR_INVALID_ARG',
  ],
}

const rows = Object.entries(meanings).flatMap(([meaning, lines]) =>
  lines
    .join(' ')
    .split(' ')
    .map((code) => [code, meaning] as const),
)

test.each([...rows, [14, 'undefined'], [undefined, 'undefined']] as const)(
  'the code %s means %s',
  (code, meaning) => {
    expect(String(networkErrorCode(code))).toBe(meaning)
  },
)

test.each([
  ['3', 3_000],
  [' 0 ', 0],
  ['Sat, 21 Nov 2026 07:00:05 GMT', 5_000],
  ['Sat, 21 Nov 2026 06:00:00 GMT', 0],
  ['soon', undefined],
  ['-1', undefined],
  ['', undefined],
  [null, undefined],
  [undefined, undefined],
])('Retry-After %s asks for %s ms', (value, delay) => {
  expect(retryAfterMs(value, Date.UTC(2026, 10, 21, 7))).toBe(delay)
})
