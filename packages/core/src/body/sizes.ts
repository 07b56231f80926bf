import { sealedChunkBytes } from '../crypto/chunk-run.ts'
import { KeywrightError } from '../errors.ts'
import { limits } from '../limits.ts'

/** Bytes before the first chunk: salt and commitment, 56. */
export const bodyPrefixBytes: number = limits.saltBytes + limits.commitmentBytes

/**
 * Size of the body that a plaintext becomes.
 *
 * @param plaintextBytes 0 to 2⁵² − 1
 * @returns bytes: 56, the plaintext, and 16 for every begun chunk of 16 KiB
 * @throws KeywrightError `limit-exceeded` past 2³⁸ chunks, `invalid-argument` for anything but a count of bytes
 */
export function sealedBodySize(plaintextBytes: number): number {
  checkCount(plaintextBytes)
  const chunks = Math.floor(plaintextBytes / limits.chunkBytes) + 1
  if (chunks > limits.chunks) throw tooLong()
  return bodyPrefixBytes + plaintextBytes + chunks * limits.tagBytes
}

/**
 * Size of the plaintext of a body, by arithmetic alone: whoever can cut a body chooses this number, until its final
 * chunk is authenticated.
 *
 * @param bodyBytes size of the whole body
 * @throws KeywrightError `truncated` where no complete body has this size, `limit-exceeded` past 2³⁸ chunks,
 * `invalid-argument` for anything but a count of bytes
 */
export function plaintextSize(bodyBytes: number): number {
  checkCount(bodyBytes)
  const sealed = bodyBytes - bodyPrefixBytes
  if (sealed < limits.tagBytes || sealed % sealedChunkBytes < limits.tagBytes) throw truncatedBody()
  const chunks = Math.floor(sealed / sealedChunkBytes) + 1
  if (chunks > limits.chunks) throw tooLong()
  return sealed - chunks * limits.tagBytes
}

/** The error for a body that ends too early. */
export function truncatedBody(): KeywrightError {
  return new KeywrightError(
    'truncated',
    'The body ends before its short last chunk: part of it is missing.',
    {
      field: 'body',
    },
  )
}

/** The one error for commitment and tags: it does not say which of key, context, associated data or bytes is wrong. */
export function unauthenticBody(): KeywrightError {
  return new KeywrightError(
    'authentication-failed',
    'The body does not belong to this key, header and associated data, or was altered.',
    { field: 'body' },
  )
}

/** @throws KeywrightError `invalid-argument` for anything but a count of bytes */
export function checkCount(bytes: number): void {
  if (Number.isSafeInteger(bytes) && bytes >= 0) return
  throw new KeywrightError('invalid-argument', 'A size is a whole number of bytes, zero or more.', {
    field: 'size',
  })
}

function tooLong(): KeywrightError {
  return new KeywrightError('limit-exceeded', 'A body holds at most 2^38 chunks (4 PiB less one byte).', {
    field: 'body',
  })
}
