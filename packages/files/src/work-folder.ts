import { createHash } from 'node:crypto'
import { basename, dirname, join } from 'node:path'
import { KeywrightError } from '@keywright/core'
import type { FileStore } from './file-store.ts'
import { freshMark, lifeOf } from './process-mark.ts'
import { errnoOf, type Place, stored } from './storage-failure.ts'

/** What is kept in a work folder: claims to the lock, and outputs that are not complete yet. */
export type WorkKind = 'claim' | 'draft'

const tail = '.kw-work'
/** Longest file name that becomes part of its work folder's, in bytes: names have 255 on most file systems. */
const nameBytes = 200
/** Tries to put a file into a folder that others, being done, may remove in the same moment. */
const attempts = 100

/**
 * Tells whether a name is that of a work folder, for programs that walk through folders: what it holds is never
 * complete, and is cleared away by the next run for its file.
 *
 * @param name without a path
 */
export function isWorkFolder(name: string): boolean {
  return name.startsWith('.') && name.endsWith(tail)
}

/**
 * The work folder of a file: beside it, so on its file system; the user's own, so that nobody else can swap what is
 * in it; there only while somebody works on the file. What dead processes left in it is removed by the next one.
 */
export class WorkFolder {
  readonly path: string
  readonly #store: FileStore
  readonly #place: Place

  /**
   * @param store where
   * @param place the file
   */
  constructor(store: FileStore, place: Place) {
    const name = basename(place.path)
    const short =
      Buffer.byteLength(name) <= nameBytes ? name : createHash('sha256').update(name).digest('hex')
    this.path = join(dirname(place.path), `.${short}${tail}`)
    this.#store = store
    this.#place = place
  }

  /**
   * Makes a file in the folder, and the folder where it is missing.
   *
   * @param kind what for
   * @param make creates the file at a path that was never used before
   * @returns the path, and what `make` gave
   * @throws KeywrightError `conflict` where the folder is another user's; storage codes
   */
  async add<T>(
    kind: WorkKind,
    make: (path: string) => Promise<T>,
  ): Promise<{ readonly path: string; readonly made: T }> {
    for (let attempt = 1; ; attempt++) {
      await this.#makeFolder()
      const path = join(this.path, `${kind}-${freshMark()}`)
      try {
        return { path, made: await make(path) }
      } catch (error) {
        if (errnoOf(error) !== 'ENOENT' || attempt === attempts) throw error
      }
    }
  }

  /** Names of one kind whose makers live; what dead ones left, of any kind, is removed. */
  async living(kind: WorkKind): Promise<readonly string[]> {
    const living: string[] = []
    for (const name of await this.#names()) {
      const dash = name.indexOf('-')
      const life = lifeOf(name.slice(dash + 1))
      if (life === 'dead') await this.remove(join(this.path, name))
      else if (life === 'alive' && name.slice(0, dash) === kind) living.push(name)
    }
    return living
  }

  /** Removes one of the folder's files; one that is gone already is no failure. */
  async remove(path: string): Promise<void> {
    await stored(this.#place, unlessMissing(this.#store.remove(path)))
  }

  /** Removes the folder unless somebody still has something in it. */
  async leave(): Promise<void> {
    await this.#store.removeFolder(this.path).catch(() => {})
  }

  async #names(): Promise<readonly string[]> {
    return (await stored(this.#place, unlessMissing(this.#store.list(this.path)))) ?? []
  }

  async #makeFolder(): Promise<void> {
    try {
      await this.#store.makeFolder(this.path)
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw error
      await this.#checkOwner()
    }
  }

  async #checkOwner(): Promise<void> {
    const facts = await unlessMissing(this.#store.facts(this.path))
    if (facts === undefined) return
    const me = process.geteuid?.() ?? facts.owner
    if (facts.kind === 'folder' && facts.owner === me) return
    const message = `${this.path} belongs to somebody else who works on this file; if nobody does, remove it`
    throw new KeywrightError('conflict', message, { field: this.#place.field })
  }
}

async function unlessMissing<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined
    throw error
  }
}
