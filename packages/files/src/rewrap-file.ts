import {
  type EncryptionContext,
  isKeywrightError,
  KeywrightError,
  type RewrapOptions,
  type RewrapReceipt,
} from '@keywright/core'
import {
  type Header,
  inspectHeader,
  type PagedHeader,
  type RewrappedTable,
  type RewrapTableOptions,
  rewrapKeyTable,
} from '@keywright/core/engine'
import { type FileHeader, readBodyPrefix, readHeader } from './envelope-file.ts'
import type { LockOptions } from './file-lock.ts'
import { type FileStore, nodeFileStore, type StoreOptions } from './file-store.ts'
import { fileVersion } from './file-version.ts'
import { withLockedFile } from './locked-file.ts'
import { writePages } from './page-writer.ts'
import { SourceFile } from './source-file.ts'

/** Options of {@link rewrapFile}. */
export interface RewrapFileOptions extends RewrapOptions, LockOptions, StoreOptions {
  /** The version that the file must still have, from `inspectFile` or an earlier result; another is `conflict`. */
  readonly ifVersion?: string | undefined
  /** Does everything but lock and write. The receipt says what would be written. */
  readonly dryRun?: boolean | undefined
}

/** What {@link rewrapFile} did. */
export interface RewrappedFile {
  readonly receipt: RewrapReceipt
  /** Generation of the key table that counts now. */
  readonly generation: number
  /** Names the header as it is now, for `ifVersion`. */
  readonly version: string
  /** Whether key table pages were written: not in a dry run, and not where nothing was to do. */
  readonly written: boolean
  /** Whether an earlier rewrap had been cut short, so that old wrapped keys were still in the file. */
  readonly wasUnfinished: boolean
}

/**
 * Moves a file to other KEKs in place, whatever its size: two writes of a block each. A crash at any moment leaves a
 * file that opens with the old KEKs or the new ones, and the next rewrap finishes the work. An exclusive lock keeps
 * other rewraps and reseals out; the lock of a process that died is taken over.
 *
 * A rewrap rotates KEKs, not data keys: after a compromise, use `resealFile`.
 *
 * @param path of a paged file; a link is followed
 * @param options whose slots come and go
 * @throws KeywrightError the codes of `rewrap`; `conflict` for another version than `ifVersion`, for a file that was replaced
 * meanwhile, and when the lock is not free in time; `limit-exceeded` for a key table that outgrows its page: reseal the file; `invalid-argument` for
 * a compact envelope, a file of several names, or no plain file; storage codes with field `path`; `aborted`, which
 * is not looked at any more once writing has begun
 */
export async function rewrapFile(path: string, options: RewrapFileOptions): Promise<RewrappedFile> {
  const { store = nodeFileStore } = options
  const work = (file: SourceFile): Promise<RewrappedFile> => rewrapOpened(store, file, options)
  return options.dryRun === true
    ? SourceFile.use(store, { path, field: 'path' }, work)
    : withLockedFile(store, path, 'update', options, work)
}

async function rewrapOpened(
  store: FileStore,
  file: SourceFile,
  options: RewrapFileOptions,
): Promise<RewrappedFile> {
  const { ifVersion, dryRun } = options
  const found = await readHeader(file)
  const paged = pagedOf(found, file)
  const { unfinished: wasUnfinished } = paged
  const version = fileVersion(found.bytes)
  if (ifVersion !== undefined && version !== ifVersion) {
    const message = `${file.place.path} was rewrapped or resealed by somebody else meanwhile`
    throw new KeywrightError('conflict', message, { field: 'ifVersion' })
  }
  const { receipt, changed, keyTableBytes } = await newTable(paged, await tableOptions(file, found, options))
  if (dryRun === true || !(changed || wasUnfinished)) {
    return { receipt, generation: paged.generation, version, written: false, wasUnfinished }
  }
  await file.checkNamed(store)
  // Compare and swap (KW-REW-3): asking key managers took its time, and not everybody knows the lock.
  await file.checkStart(found.bytes)
  const { generation, page } = await writePages(file.file, file.place, paged, found.bytes, keyTableBytes)
  // A receipt for a file that has lost its name meanwhile would be about nothing.
  await file.checkNamed(store)
  const block0 = found.bytes.subarray(0, page.length)
  return { receipt, generation, version: fileVersion(block0, page, page), written: true, wasUnfinished }
}

function pagedOf({ paged }: FileHeader, { place }: SourceFile): PagedHeader {
  if (paged !== undefined) return paged
  const message = `${place.path} holds a compact envelope, whose keys cannot change in place: reseal it as a file`
  throw new KeywrightError('invalid-argument', message, { field: 'path' })
}

async function tableOptions(
  file: SourceFile,
  found: FileHeader,
  options: RewrapFileOptions,
): Promise<RewrapTableOptions> {
  const { context, checkBody = true } = options
  return {
    ...options,
    context: contextFor(found.header, context),
    bodyPrefix: checkBody ? await readBodyPrefix(file, found) : undefined,
  }
}

function contextFor(header: Header, context: RewrapFileOptions['context']): EncryptionContext | undefined {
  return typeof context === 'function' ? context(inspectHeader(header)) : context
}

/**
 * The table to write. Where an earlier rewrap was cut short after its first page, `from` may have no slot in the
 * newest page any more, while its old one still stands in the other: then finishing is what remains to do.
 */
async function newTable(paged: PagedHeader, options: RewrapTableOptions): Promise<RewrappedTable> {
  try {
    return await rewrapKeyTable(paged.header, options)
  } catch (error) {
    const gone = isKeywrightError(error, 'no-matching-key') && error.details.field === 'from'
    if (!gone || !paged.unfinished) throw error
    return rewrapKeyTable(paged.header, { ...options, from: options.to, step: 'add' })
  }
}
