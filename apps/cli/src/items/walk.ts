import { lstat, readdir, stat } from 'node:fs/promises'
import { basename, join, relative, resolve } from 'node:path'
import type { KeywrightError } from '@keywright/core'
import { isWorkFolder } from '@keywright/files'
import { asFailure } from '../terminal/failure.ts'

/** Ending of sealed files. */
export const sealedEnding = '.kw'

/** One file to work on. */
export interface FileItem {
  readonly kind: 'file'
  /** As shown, and as the file system takes it. */
  readonly path: string
  /** Path inside the folder that was given; undefined for a path that was given itself. */
  readonly inside: string | undefined
  /** Name of the path that was given, under which results go where several were given. */
  readonly givenName: string
  readonly sizeBytes: number
}

/** Something that is left as it is. */
export interface SkippedItem {
  readonly kind: 'skipped'
  readonly path: string
  readonly reason: 'link' | 'no plain file'
}

/** Something that could not be looked at. */
export interface FailedItem {
  readonly kind: 'failed'
  readonly path: string
  readonly error: KeywrightError
}

/** What a path leads to. */
export type Item = FileItem | SkippedItem | FailedItem

/** Which files of a folder are meant; a path that was given itself is always meant. */
export interface WalkOptions {
  readonly select: 'sealed' | 'not sealed'
  /** Folder that is not entered: where the results go. */
  readonly except?: string | undefined
}

/** What the paths of a command line lead to. */
export interface Walked {
  readonly items: readonly Item[]
  /** Whether there is more than one file to speak of: several paths, or a folder. */
  readonly isMany: boolean
}

/**
 * Finds the files that paths lead to, folders with all that is in them, in the order of their names. Links inside a
 * folder are not followed; one that was given itself is.
 *
 * @param paths as given
 * @param options which files of folders are meant
 */
export async function walk(paths: readonly string[], options: WalkOptions): Promise<Walked> {
  const items: Item[] = []
  let isMany = paths.length > 1
  for (const path of paths) {
    try {
      const facts = await stat(path)
      const givenName = basename(resolve(path))
      if (facts.isDirectory()) {
        isMany = true
        await walkFolder(path, { ...options, root: path, givenName, into: items })
      } else {
        items.push({ kind: 'file', path, inside: undefined, givenName, sizeBytes: facts.size })
      }
    } catch (error) {
      items.push({ kind: 'failed', path, error: asFailure(error) })
    }
  }
  return { items, isMany }
}

interface FolderWalk extends WalkOptions {
  readonly root: string
  readonly givenName: string
  readonly into: Item[]
}

async function walkFolder(folder: string, walking: FolderWalk): Promise<void> {
  const { except, into } = walking
  if (except !== undefined && resolve(folder) === resolve(except) && folder !== walking.root) return
  let names: readonly string[]
  try {
    names = (await readdir(folder)).sort()
  } catch (error) {
    into.push({ kind: 'failed', path: folder, error: asFailure(error) })
    return
  }
  for (const name of names) {
    if (isWorkFolder(name)) continue
    const path = join(folder, name)
    try {
      await walkEntry(path, walking)
    } catch (error) {
      into.push({ kind: 'failed', path, error: asFailure(error) })
    }
  }
}

async function walkEntry(path: string, walking: FolderWalk): Promise<void> {
  const { select, root, givenName, into } = walking
  const facts = await lstat(path)
  if (facts.isDirectory()) {
    await walkFolder(path, walking)
    return
  }
  if (path.endsWith(sealedEnding) !== (select === 'sealed')) return
  if (facts.isFile()) {
    into.push({ kind: 'file', path, inside: relative(root, path), givenName, sizeBytes: facts.size })
  } else {
    into.push({ kind: 'skipped', path, reason: facts.isSymbolicLink() ? 'link' : 'no plain file' })
  }
}
