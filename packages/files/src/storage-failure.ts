import { type ErrorCode, isKeywrightError, KeywrightError } from '@keywright/core'

const codes: ReadonlyMap<string, ErrorCode> = new Map<string, ErrorCode>([
  ['ENOENT', 'storage-not-found'],
  ['ENOTDIR', 'storage-not-found'],
  ['EEXIST', 'storage-exists'],
  ['EACCES', 'storage-denied'],
  ['EPERM', 'storage-denied'],
  ['EROFS', 'storage-read-only'],
  ['ENOSPC', 'storage-full'],
  ['EDQUOT', 'storage-full'],
])

/** The argument that a failure is about. */
export type PathField = 'source' | 'target' | 'path'

/** A place in a file system, as a caller named it: what errors speak of. */
export interface Place {
  readonly path: string
  readonly field: PathField
}

/**
 * Awaits a call to a file store and gives its failure a code.
 *
 * @param place what the call was about
 * @param call the call under way
 * @throws KeywrightError `storage-not-found`, `storage-exists`, `storage-denied`, `storage-read-only`, `storage-full`
 * or `storage-failed`; our own errors come through as they are
 */
export async function stored<T>(place: Place, call: Promise<T>): Promise<T> {
  try {
    return await call
  } catch (error) {
    throw storageFailure(error, place)
  }
}

/** The error for a failed call to a file store. */
export function storageFailure(error: unknown, { path, field }: Place): KeywrightError {
  if (isKeywrightError(error)) return error
  const errno = errnoOf(error)
  const code = codes.get(errno) ?? 'storage-failed'
  const reason = errno === '' ? 'unknown error' : errno
  return new KeywrightError(code, `${path}: ${reason}`, { field })
}

/** The platform's own code of an error, such as `ENOENT`; empty when it has none. */
export function errnoOf(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('code' in error)) return ''
  return typeof error.code === 'string' ? error.code : ''
}
