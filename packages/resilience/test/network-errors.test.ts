import { expect, test } from 'vitest'
import { networkErrorCode, retryAfterMs } from '../src/index.ts'

test.each([
  ['ECONNREFUSED', 'unavailable'],
  ['ECONNRESET', 'unavailable'],
  ['EPIPE', 'unavailable'],
  ['ENOTFOUND', 'unavailable'],
  ['EAI_AGAIN', 'unavailable'],
  ['ERR_STREAM_PREMATURE_CLOSE', 'unavailable'],
  ['UND_ERR_SOCKET', 'unavailable'],
  ['ETIMEDOUT', 'timeout'],
  ['UND_ERR_CONNECT_TIMEOUT', 'timeout'],
  ['HPE_INVALID_CONSTANT', 'invalid-response'],
  ['CERT_HAS_EXPIRED', 'configuration'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'configuration'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'configuration'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'configuration'],
  ['EPROTO', 'configuration'],
  ['AccessDeniedException', undefined],
  ['Error', undefined],
  [14, undefined],
  [undefined, undefined],
])('the code %s means %s', (code, meaning) => {
  expect(networkErrorCode(code)).toBe(meaning)
})

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
