import { type ErrorCode, isKeywrightError, KeywrightError } from '@keywright/core'

const storageCodes: ReadonlyMap<string, { readonly code: ErrorCode; readonly message: string }> = new Map([
  ['ENOENT', { code: 'storage-not-found', message: 'there is no such file or folder' }],
  ['ENOTDIR', { code: 'storage-not-found', message: 'a part of the path is not a folder' }],
  ['EISDIR', { code: 'storage-failed', message: 'this is a folder' }],
  ['EEXIST', { code: 'storage-exists', message: 'it exists already' }],
  ['EACCES', { code: 'storage-denied', message: 'the file system does not allow it' }],
  ['EPERM', { code: 'storage-denied', message: 'the file system does not allow it' }],
  ['EROFS', { code: 'storage-read-only', message: 'the file system is read-only' }],
  ['ENOSPC', { code: 'storage-full', message: 'the file system is full' }],
  ['EDQUOT', { code: 'storage-full', message: 'the quota is used up' }],
  ['ERR_MODULE_NOT_FOUND', { code: 'configuration', message: 'a module that is needed is not installed' }],
])

/**
 * Makes an error of ours of anything that was thrown.
 *
 * @param thrown an error of ours, of the file system, an abort, or a fault of the program
 */
export function asFailure(thrown: unknown): KeywrightError {
  if (isKeywrightError(thrown)) return thrown
  const { name, code } = thrown instanceof Error ? (thrown as NodeJS.ErrnoException) : { name: '', code: '' }
  if (name === 'AbortError') return new KeywrightError('aborted', 'interrupted')
  const known = storageCodes.get(code ?? '')
  if (known !== undefined) return new KeywrightError(known.code, known.message)
  if (code !== undefined && /^E[A-Z]+$/.test(code)) {
    return new KeywrightError('storage-failed', `the file system answered ${code}`)
  }
  // The message of a foreign error may quote what it was given: it is shown on demand only.
  return new KeywrightError('unknown', 'something went wrong that is not provided for')
}

/** The file system's own code of a thrown error; empty when it has none. */
export function errnoOf(thrown: unknown): string {
  return thrown instanceof Error ? ((thrown as NodeJS.ErrnoException).code ?? '') : ''
}
