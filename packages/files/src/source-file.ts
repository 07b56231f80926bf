import { KeywrightError } from '@keywright/core'
import type { FileFacts, FileStore, StoreFile } from './file-store.ts'
import { type Place, stored } from './storage-failure.ts'

/** A plain file that is read as it was when it was opened, or not at all. */
export class SourceFile {
  readonly file: StoreFile
  /** As they were found. */
  readonly facts: FileFacts
  readonly place: Place

  private constructor(file: StoreFile, facts: FileFacts, place: Place) {
    this.file = file
    this.facts = facts
    this.place = place
  }

  /**
   * Opens a file. A link is followed; a folder, a pipe or a device is refused.
   *
   * @param access `update` to write into it, too
   * @throws KeywrightError `invalid-argument` for what is no plain file; storage codes
   */
  static async open(store: FileStore, place: Place, access: 'read' | 'update' = 'read'): Promise<SourceFile> {
    if (access === 'update') await refuseFolder(store, place)
    const opening = access === 'read' ? store.openForReading(place.path) : store.openForUpdating(place.path)
    const file = await stored(place, opening)
    try {
      const facts = await stored(place, file.facts())
      if (facts.kind !== 'file') throw notPlain(place)
      return new SourceFile(file, facts, place)
    } catch (error) {
      await file.close().catch(() => {})
      throw error
    }
  }

  /**
   * Opens a file for reading, and closes it when the work is done.
   *
   * @throws KeywrightError as {@link open}; what `work` throws
   */
  static async use<T>(store: FileStore, place: Place, work: (file: SourceFile) => Promise<T>): Promise<T> {
    const file = await SourceFile.open(store, place)
    try {
      return await work(file)
    } finally {
      await file.close()
    }
  }

  /**
   * Fills a buffer from a position.
   *
   * @throws KeywrightError `conflict` where the file ends earlier than it did when it was opened; storage codes
   */
  async fill(into: Uint8Array, position: number): Promise<void> {
    for (let filled = 0; filled < into.length; ) {
      const read = await stored(this.place, this.file.read(into.subarray(filled), position + filled))
      if (read === 0) throw changed(this.place)
      filled += read
    }
  }

  /**
   * Reads up to a number of bytes from a position, fewer only at the end of the file.
   *
   * @throws KeywrightError storage codes
   */
  async upTo(length: number, position: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(Math.max(0, Math.min(length, this.facts.size - position)))
    let filled = 0
    while (filled < bytes.length) {
      const read = await stored(this.place, this.file.read(bytes.subarray(filled), position + filled))
      if (read === 0) break
      filled += read
    }
    return bytes.subarray(0, filled)
  }

  /**
   * Compares size and time of change with those at the opening, and looks whether the file goes on after its size:
   * those of the kernel have content and say that they are empty.
   *
   * @throws KeywrightError `conflict` where somebody wrote to the file meanwhile
   */
  async checkUnchanged(): Promise<void> {
    const { size, modified } = await stored(this.place, this.file.facts())
    if (size !== this.facts.size || modified !== this.facts.modified) throw changed(this.place)
    if ((await stored(this.place, this.file.read(new Uint8Array(1), size))) !== 0) throw changed(this.place)
  }

  /**
   * Looks whether the file still has the name it was opened by: who replaces files by renames knows no locks.
   *
   * @param store where it was opened, by its real path
   * @throws KeywrightError `conflict` where another file has the name now; storage codes
   */
  async checkNamed(store: FileStore): Promise<void> {
    const { identity } = await stored(this.place, store.facts(this.place.path))
    if (identity === this.facts.identity) return
    const message = `${this.place.path} was replaced by another file meanwhile`
    throw new KeywrightError('conflict', message, { field: this.place.field })
  }

  /**
   * Reads bytes again and compares them.
   *
   * @param bytes what was read from the start of the file
   * @throws KeywrightError `conflict` where others stand there now; storage codes
   */
  async checkStart(bytes: Uint8Array): Promise<void> {
    const now = await this.upTo(bytes.length, 0)
    if (now.length !== bytes.length || now.some((byte, at) => byte !== bytes[at])) throw changed(this.place)
  }

  /** Closes the file; a failure means nothing, for nothing was left to write. */
  async close(): Promise<void> {
    await this.file.close().catch(() => {})
  }
}

/** Asked for writing, a folder answers like a file without permission. */
async function refuseFolder(store: FileStore, place: Place): Promise<void> {
  const { kind } = await stored(place, store.facts(place.path))
  if (kind === 'folder') throw notPlain(place)
}

function notPlain({ path, field }: Place): KeywrightError {
  return new KeywrightError('invalid-argument', `${path} is no plain file`, { field })
}

function changed({ path, field }: Place): KeywrightError {
  return new KeywrightError('conflict', `${path} changed while it was read`, { field })
}

/**
 * Writes all of some bytes.
 *
 * @throws KeywrightError storage codes
 */
export async function writeAll(
  file: StoreFile,
  place: Place,
  bytes: Uint8Array,
  position: number,
): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const written = await stored(place, file.write(bytes.subarray(done), position + done))
    if (written === 0) {
      throw new KeywrightError('storage-failed', `${place.path}: nothing could be written`, {
        field: place.field,
      })
    }
    done += written
  }
}
