import { KeywrightError } from '@keywright/core'
import { blockBytes, encodePage, type PagedHeader } from '@keywright/core/engine'
import type { StoreFile } from './file-store.ts'
import { writeAll } from './source-file.ts'
import { type Place, stored } from './storage-failure.ts'

/** What was written. */
export interface WrittenPage {
  readonly generation: number
  /** A whole block. */
  readonly page: Uint8Array
}

/**
 * Puts a new key table into a paged file, under its lock (KW-REW-8 to 10): the next generation goes first into the
 * page that is not the newest valid one, is synced, read back and compared, and only then into the other page too.
 * At every moment one page is whole. A failed sync ends it at once: what reached the medium is then unknown.
 *
 * Where an earlier rewrap is unfinished, its sync may have failed: then the newest page is whole in the system's cache
 * alone, and the other is the only one on the medium. So the newest is written again and synced before the other goes.
 *
 * @param file opened for updating
 * @param paged its pages as they are now
 * @param header the three blocks that `paged` was read from
 * @param keyTableBytes the new table
 * @returns the new generation, and the page that stands twice now
 * @throws KeywrightError `limit-exceeded` for a table that outgrows its page, before the first write; `storage-failed`
 * for a page that reads back otherwise; storage codes
 */
export async function writePages(
  file: StoreFile,
  place: Place,
  paged: PagedHeader,
  header: Uint8Array,
  keyTableBytes: Uint8Array,
): Promise<WrittenPage> {
  const generation = paged.generation + 1
  const block = blockBytes(paged.header.blockShift)
  const page = await encodePage(paged.header, { generation, keyTableBytes })
  const newest = paged.newestPage * block
  const older = (paged.newestPage === 1 ? 2 : 1) * block
  if (paged.unfinished) {
    await writeAll(file, place, header.subarray(newest, newest + block), newest)
    await stored(place, file.sync())
  }
  await writeAll(file, place, page, older)
  await stored(place, file.sync())
  await compare(file, place, page, older)
  await writeAll(file, place, page, newest)
  await stored(place, file.sync())
  return { generation, page }
}

async function compare(file: StoreFile, place: Place, page: Uint8Array, position: number): Promise<void> {
  const found = new Uint8Array(page.length)
  let filled = 0
  while (filled < found.length) {
    const read = await stored(place, file.read(found.subarray(filled), position + filled))
    if (read === 0) break
    filled += read
  }
  if (filled === page.length && page.every((byte, at) => byte === found[at])) return
  const message = `${place.path}: a key table page does not read back as it was written`
  throw new KeywrightError('storage-failed', message, { field: place.field })
}
