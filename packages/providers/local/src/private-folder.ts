import type { Stats } from 'node:fs'
import { mkdir, open, stat, writeFile } from 'node:fs/promises'
import { platform } from 'node:os'
import { dirname, join } from 'node:path'
import { KeywrightError } from '@keywright/core/provider'
import { workingTreeAround } from './data-folder.ts'
import { errnoOf, storageFailure } from './storage-failure.ts'

const othersMayWrite = 0o022
const stickyBit = 0o1000

/** The user this process acts for; undefined where the platform has no such number. */
export function currentUser(): number | undefined {
  return process.geteuid?.()
}

/**
 * Makes the folder of key files, mode 0700, with what leads to it.
 *
 * @param folder absolute path of the folder that holds key files
 * @throws KeywrightError `configuration` as {@link checkPrivateFolder}; `storage-denied`, `storage-read-only`, …
 */
export async function makePrivateFolder(folder: string): Promise<void> {
  try {
    await syncMade(folder, await mkdir(folder, { recursive: true, mode: 0o700 }))
    // Somebody chose a folder in a working tree on purpose: at least nothing in it is taken along by `git add .`.
    if ((await workingTreeAround(folder)) !== undefined) await ignoreInTree(folder)
  } catch (error) {
    throw storageFailure(error, 'write', folder)
  }
  await checkPrivateFolder(folder)
}

/** A key's name lasts only if those of all folders on the way to it do. */
async function syncMade(folder: string, first: string | undefined): Promise<void> {
  if (first === undefined) return
  for (let at = folder; at.length >= first.length; ) {
    at = dirname(at)
    await syncFolder(at)
  }
}

async function ignoreInTree(folder: string): Promise<void> {
  try {
    await writeFile(join(folder, '.gitignore'), '*\n', { flag: 'wx', mode: 0o600 })
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error
  }
}

/**
 * Refuses a folder in which another user could put a key file of their own in the place of ours.
 *
 * @param folder absolute path of the folder that holds key files; the folder around it is checked too
 * @throws KeywrightError `configuration`, with field `folder`; `key-not-found` when there is no such folder
 */
export async function checkPrivateFolder(folder: string): Promise<void> {
  for (const path of [dirname(folder), folder]) {
    let facts: Stats
    try {
      facts = await stat(path)
    } catch (error) {
      throw storageFailure(error, 'read', path)
    }
    if (!facts.isDirectory()) throw refused(path, 'is not a folder')
    if (platform() === 'win32') continue
    if ((facts.mode & othersMayWrite) !== 0 && (facts.mode & stickyBit) === 0) {
      throw refused(path, 'can be written by others: chmod go-w it')
    }
    // A mount point made by root is usual in containers; root can do everything anyway.
    if (facts.uid !== currentUser() && facts.uid !== 0) throw refused(path, 'belongs to another user')
  }
}

/**
 * Makes the names in a folder durable.
 *
 * @param folder absolute path
 */
export async function syncFolder(folder: string): Promise<void> {
  // Windows opens no folders, and its renames need no such call.
  if (platform() === 'win32') return
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

function refused(path: string, why: string): KeywrightError {
  return new KeywrightError('configuration', `the key folder ${path} ${why}`, { field: 'folder' })
}
