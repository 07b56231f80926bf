import { basename, dirname, join } from 'node:path'
import { KeywrightError } from '@keywright/core'
import type { FileFacts, FileStore, StoreFile } from './file-store.ts'
import { writeAll } from './source-file.ts'
import { errnoOf, type Place, storageFailure, stored } from './storage-failure.ts'
import { WorkFolder } from './work-folder.ts'

/** What file systems without a second name for a file answer. */
const cannotLink: ReadonlySet<string> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'])

/** Bytes after which the medium starts to take what was written, while more is being written: 64 MiB. */
const earlySyncBytes = 67_108_864

/** What becomes of permissions and of a name that is taken. */
export interface PublishOptions {
  /** Permission bits of the result. */
  readonly mode: number
  /** Owner and group, where they are to be kept. */
  readonly owner?: Pick<FileFacts, 'owner' | 'ownerGroup'> | undefined
  /** Whether a plain file that has the name already is replaced. */
  readonly overwrite: boolean
}

/**
 * An output that is not complete yet. It has mode 0600 and no name but in the target's work folder until
 * {@link publish}; {@link discard} leaves nothing of it.
 */
export class Draft {
  readonly #file: StoreFile
  /** What it is to become, by the real path of its folder. */
  readonly target: Place
  readonly #store: FileStore
  readonly #folder: WorkFolder
  readonly #path: string
  #unsynced = 0
  #early: Promise<void> | undefined

  private constructor(store: FileStore, target: Place, folder: WorkFolder, path: string, file: StoreFile) {
    this.#store = store
    this.target = target
    this.#folder = folder
    this.#path = path
    this.#file = file
  }

  /**
   * Starts an output.
   *
   * @param store where
   * @param target what it is to become
   * @param overwrite whether a plain file of that name may be replaced
   * @throws KeywrightError `storage-exists` where the name is taken; `conflict`; storage codes
   */
  static async start(store: FileStore, target: Place, overwrite: boolean): Promise<Draft> {
    const parent = await stored(target, store.realPath(dirname(target.path)))
    const place = { ...target, path: join(parent, basename(target.path)) }
    const folder = new WorkFolder(store, place)
    try {
      await refuseTaken(store, place, overwrite)
      await folder.living('draft')
      const { path, made } = await folder.add('draft', (path) => store.create(path))
      return new Draft(store, place, folder, path, made)
    } catch (error) {
      await folder.leave()
      throw storageFailure(error, place)
    }
  }

  /**
   * Writes a part of the content.
   *
   * @throws KeywrightError storage codes
   */
  async write(bytes: Uint8Array, position: number): Promise<void> {
    await writeAll(this.#file, this.target, bytes, position)
    this.#unsynced += bytes.length
    if (this.#unsynced < earlySyncBytes || this.#early !== undefined) return
    this.#unsynced = 0
    const early = this.#file.syncContent().then(() => {
      this.#early = undefined
    })
    this.#early = early
    // Its failure is met where it is awaited; a failed one stays, as a later sync may not tell of it again.
    early.catch(() => {})
  }

  /**
   * Makes the content last, then gives it its name in one step, then makes the name last.
   *
   * @throws KeywrightError `storage-exists` where the name was taken meanwhile; storage codes
   */
  async publish({ mode, owner, overwrite }: PublishOptions): Promise<void> {
    const file = this.#file
    const place = this.target
    if (this.#early !== undefined) await stored(place, this.#early)
    if (owner !== undefined) {
      const { owner: user, ownerGroup } = await stored(place, file.facts())
      if (user !== owner.owner || ownerGroup !== owner.ownerGroup)
        await stored(place, file.setOwner(owner.owner, owner.ownerGroup))
    }
    await stored(place, file.setMode(mode))
    await stored(place, file.sync())
    await stored(place, file.close())
    if (overwrite) await this.#replace()
    else await this.#takeName()
    try {
      await stored(place, this.#store.syncFolder(dirname(place.path)))
    } catch (error) {
      // What may not last is no result; a replaced file cannot come back, so there the complete new one stays.
      if (!overwrite) await this.#store.remove(place.path).catch(() => {})
      throw error
    }
    await this.#folder.leave()
  }

  /** Removes what was written. Never throws: it runs when something else has failed already. */
  async discard(): Promise<void> {
    await this.#early?.catch(() => {})
    await this.#file.close().catch(() => {})
    await this.#folder.remove(this.#path).catch(() => {})
    await this.#folder.leave()
  }

  async #replace(): Promise<void> {
    await refuseTaken(this.#store, this.target, true)
    await stored(this.target, this.#store.rename(this.#path, this.target.path))
  }

  /** A second name is refused where a rename would replace: no file that appeared meanwhile is lost. */
  async #takeName(): Promise<void> {
    try {
      await this.#store.link(this.#path, this.target.path)
    } catch (error) {
      if (!cannotLink.has(errnoOf(error))) throw storageFailure(error, this.target)
      await refuseTaken(this.#store, this.target, false)
      await stored(this.target, this.#store.rename(this.#path, this.target.path))
      return
    }
    try {
      await this.#folder.remove(this.#path)
    } catch (error) {
      // A failed operation leaves no result, and a file of two names could not be locked.
      await this.#store.remove(this.target.path).catch(() => {})
      throw error
    }
  }
}

async function refuseTaken(store: FileStore, place: Place, overwrite: boolean): Promise<void> {
  let kind: FileFacts['kind']
  try {
    ;({ kind } = await store.facts(place.path))
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return
    throw storageFailure(error, place)
  }
  if (overwrite && kind === 'file') return
  const what = overwrite ? 'is no plain file, and is not replaced' : 'exists'
  throw new KeywrightError('storage-exists', `${place.path} ${what}`, { field: place.field })
}
