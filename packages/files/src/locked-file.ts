import { KeywrightError } from '@keywright/core'
import { type LockOptions, withFileLock } from './file-lock.ts'
import type { FileStore } from './file-store.ts'
import { SourceFile } from './source-file.ts'
import { type Place, stored } from './storage-failure.ts'

/**
 * Opens a file for work that nobody else may do at the same time, under the lock of its real path, so that a link
 * and the file that it points at have one lock.
 *
 * A file with several names is refused: the lock stands beside one of them, and a replacement would leave the others
 * with the old content.
 *
 * @param store where
 * @param path as the caller gave it
 * @param access `read` where the file is replaced in the end, not written into
 * @param options how long to wait for the lock
 * @param work what to do with the file, read anew under the lock
 * @throws KeywrightError `conflict`; `invalid-argument` for no plain file or one of several names; storage codes
 */
export async function withLockedFile<T>(
  store: FileStore,
  path: string,
  access: 'read' | 'update',
  options: LockOptions,
  work: (file: SourceFile) => Promise<T>,
): Promise<T> {
  const real = await stored({ path, field: 'path' }, store.realPath(path))
  const place: Place = { path: real, field: 'path' }
  // Refused before there is a lock folder beside it.
  const first = await SourceFile.open(store, place, access)
  await first.close()
  return withFileLock(store, place, options, async () => {
    const file = await SourceFile.open(store, place, access)
    try {
      if (file.facts.names > 1) {
        const message = `${real} is hard-linked: its other names would not be locked, or not change with it`
        throw new KeywrightError('invalid-argument', message, { field: 'path' })
      }
      return await work(file)
    } finally {
      await file.close()
    }
  })
}
