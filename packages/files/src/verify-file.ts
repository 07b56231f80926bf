import type { OpenOptions, VerifyReport } from '@keywright/core'
import { verifyDecodedHeader } from '@keywright/core/engine'
import type { ProgressOptions } from './body-runs.ts'
import { readHeader } from './envelope-file.ts'
import { nodeFileStore, type StoreOptions } from './file-store.ts'
import { acceptedContext, openRuns } from './open-file.ts'
import { SourceFile } from './source-file.ts'

/**
 * Options of {@link verifyFile} and {@link verifyFileHeader}; a context left out accepts the stored one, as nothing
 * is released.
 */
export interface VerifyFileOptions
  extends Omit<OpenOptions, 'trustStoredContext'>,
    ProgressOptions,
    StoreOptions {}

/**
 * Reads and authenticates a whole sealed file, paged or compact, and writes nothing. Memory does not grow with it.
 *
 * @param path of a sealed file; a link is followed
 * @param options the keyring, and what the envelope is bound to
 * @throws KeywrightError the codes of `open`; `conflict` for a file cut short meanwhile; `invalid-argument` for no
 * plain file; storage codes with field `path`; `aborted`
 */
export async function verifyFile(path: string, options: VerifyFileOptions): Promise<VerifyReport> {
  const opening: OpenOptions & ProgressOptions =
    options.context === undefined ? { ...options, trustStoredContext: true } : options
  const { store = nodeFileStore } = options
  return SourceFile.use(store, { path, field: 'path' }, async (input) => {
    const found = await readHeader(input)
    const plaintextBytes = await openRuns(input, found, opening, async () => {})
    return { level: 'body', slots: [], plaintextBytes, ...acceptedContext(found, opening) }
  })
}

/**
 * Checks the keys of a sealed file without its body: each slot of a configured KEK is unwrapped and checked. That the
 * body belongs to them only {@link verifyFile} can tell.
 *
 * @param path of a sealed file; a link is followed
 * @param options the keyring, and the context
 * @throws KeywrightError the codes of `verifyHeader`; `invalid-argument` for no plain file; storage codes with field
 * `path`; `aborted`
 */
export async function verifyFileHeader(path: string, options: VerifyFileOptions): Promise<VerifyReport> {
  const { store = nodeFileStore } = options
  return SourceFile.use(store, { path, field: 'path' }, async (input) =>
    verifyDecodedHeader((await readHeader(input)).header, options),
  )
}
