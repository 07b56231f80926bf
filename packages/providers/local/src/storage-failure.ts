import { type ErrorCode, isKeywrightError, KeywrightError } from '@keywright/core/provider'

const readCodes: ReadonlyMap<string, ErrorCode> = new Map<string, ErrorCode>([
  ['EACCES', 'access-denied'],
  ['EPERM', 'access-denied'],
  ['ENOENT', 'key-not-found'],
  ['ENOTDIR', 'key-not-found'],
  ['ELOOP', 'configuration'],
])

const writeCodes: ReadonlyMap<string, ErrorCode> = new Map<string, ErrorCode>([
  ['EACCES', 'storage-denied'],
  ['EPERM', 'storage-denied'],
  ['EROFS', 'storage-read-only'],
  ['ENOSPC', 'storage-full'],
  ['EDQUOT', 'storage-full'],
  ['EEXIST', 'storage-exists'],
])

/**
 * What a failed call to the file system means.
 *
 * @param error what was thrown; our own errors come back as they are
 * @param access what the call was for: a read that fails otherwise is `unavailable`, a write `storage-failed`
 * @param path where, for the message
 */
export function storageFailure(error: unknown, access: 'read' | 'write', path: string): KeywrightError {
  if (isKeywrightError(error)) return error
  const errno = errnoOf(error)
  const reading = access === 'read'
  const code = (reading ? readCodes : writeCodes).get(errno) ?? (reading ? 'unavailable' : 'storage-failed')
  return new KeywrightError(code, `cannot ${access} ${path}: ${errno === '' ? 'unknown error' : errno}`)
}

/** The system's own code of an error, such as `ENOENT`; empty when it has none. */
export function errnoOf(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('code' in error)) return ''
  return typeof error.code === 'string' ? error.code : ''
}
