import { randomBytes } from 'node:crypto'
import { type BigIntStats, constants, lstatSync } from 'node:fs'
import { type FileHandle, open, readdir, rename, unlink } from 'node:fs/promises'
import { platform } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { KeywrightError, secretBytes } from '@keywright/core/provider'
import { currentUser, syncFolder } from './private-folder.ts'
import { storageFailure } from './storage-failure.ts'

/** A file's bytes, and what tells them from any other content it had or will have. */
export interface PrivateContent {
  /** In memory of their own, for the caller to zero-fill. */
  readonly bytes: Uint8Array
  readonly stamp: string
}

/** Windows has neither flag; there, an access control list that is inherited from the profile guards the file. */
const readFlags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)
const groupAndOthers = 0o077n
const draftTail = /^[0-9a-f]{16}$/

/**
 * Reads a file that only its owner may read.
 *
 * @param path absolute; a link is not followed
 * @param maxBytes a longer file is refused before it is read
 * @throws KeywrightError `key-not-found`; `configuration` for a link, no plain file, a file that others can read or
 *   that belongs to somebody else, or one that is too long; `access-denied`; `unavailable`
 */
export async function readPrivateFile(path: string, maxBytes: number): Promise<PrivateContent> {
  let handle: FileHandle | undefined
  try {
    handle = await open(path, readFlags)
    const facts = await handle.stat({ bigint: true })
    refuseUnsafe(facts, path, maxBytes)
    const bytes = secretBytes(Number(facts.size))
    for (let filled = 0; filled < bytes.length; ) {
      const { bytesRead } = await handle.read(bytes, filled, bytes.length - filled, filled)
      if (bytesRead === 0) throw unsafe(path, 'changed while it was read')
      filled += bytesRead
    }
    return { bytes, stamp: stampOf(facts) }
  } catch (error) {
    throw storageFailure(error, 'read', path)
  } finally {
    await handle?.close()
  }
}

function refuseUnsafe(facts: BigIntStats, path: string, maxBytes: number): void {
  if (!facts.isFile()) throw unsafe(path, 'is not a plain file')
  if (facts.size > BigInt(maxBytes)) throw unsafe(path, `has more than ${maxBytes} bytes`)
  if (platform() === 'win32') return
  if (Number(facts.uid) !== currentUser()) throw unsafe(path, 'belongs to another user')
  if ((facts.mode & groupAndOthers) !== 0n) {
    throw unsafe(path, 'can be used by others: chmod 600 it, and rotate the key if somebody may have read it')
  }
}

/**
 * Tells whether a file is still the one that was read, in one system call of a few microseconds that needs no thread
 * of the pool: it is made before every use of a key.
 *
 * @param path absolute
 * @returns undefined when there is no such file
 * @throws KeywrightError `access-denied`, `unavailable`
 */
export function stampOfFile(path: string): string | undefined {
  try {
    const facts = lstatSync(path, { bigint: true, throwIfNoEntry: false })
    return facts === undefined ? undefined : stampOf(facts)
  } catch (error) {
    throw storageFailure(error, 'read', path)
  }
}

/** The change time moves even where a restore sets the modification time back; the mode, so that a chmod counts. */
function stampOf({ dev, ino, mode, uid, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return [dev, ino, mode, uid, size, mtimeNs, ctimeNs].join(':')
}

/**
 * Puts new content in the place of a file, in one step: after a crash there is the old content or the new one.
 * Only one caller at a time, under a lock; what a crashed one left behind is removed.
 *
 * @param path absolute
 * @param bytes the new content, written with mode 0600 and synced before it appears under the name
 * @throws KeywrightError `storage-denied`, `storage-full`, `storage-read-only`, `storage-failed`
 */
export async function replacePrivateFile(path: string, bytes: Uint8Array): Promise<void> {
  const folder = dirname(path)
  const prefix = `.${basename(path)}.new-`
  const draft = join(folder, `${prefix}${randomBytes(8).toString('hex')}`)
  try {
    for (const name of await readdir(folder)) {
      if (name.startsWith(prefix) && draftTail.test(name.slice(prefix.length)))
        await unlink(join(folder, name))
    }
    await writeSynced(draft, bytes)
    await rename(draft, path)
    await syncFolder(folder)
  } catch (error) {
    await unlink(draft).catch(() => {})
    throw storageFailure(error, 'write', path)
  }
}

async function writeSynced(path: string, bytes: Uint8Array): Promise<void> {
  const handle = await open(path, 'wx', 0o600)
  try {
    await handle.writeFile(bytes)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

function unsafe(path: string, why: string): KeywrightError {
  return new KeywrightError('configuration', `the key file ${path} ${why}`, { field: 'file' })
}
