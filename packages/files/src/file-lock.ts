import { randomInt } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { KeywrightError } from '@keywright/core'
import { abortedError, throwIfAborted } from '@keywright/core/engine'
import type { FileStore } from './file-store.ts'
import { type Place, storageFailure } from './storage-failure.ts'
import { WorkFolder } from './work-folder.ts'

/** How long to wait for another holder of a lock. */
export interface LockOptions {
  /** Milliseconds to wait while another process or call works on the file; 0 does not wait. Default: 10,000. */
  readonly lockWaitMs?: number | undefined
  readonly signal?: AbortSignal | undefined
}

const defaultWaitMs = 10_000
/** Longest pause between two looks, in milliseconds. */
const pauseMs = 20

/**
 * Runs work on a file that no other process or call of this library works on meanwhile.
 *
 * Who wants the lock puts down a claim, a file of its own, and then looks around: it holds the lock when no living
 * claim but its own is there, else it withdraws and tries later. Two may withdraw for each other, but never can both
 * hold, as of two claims the later is put down before its maker looks. A claim's name never comes back, so whoever
 * clears a dead process's claim away cannot hit a living one's, and two may do it at once.
 *
 * @param store where
 * @param place the file, by its real path
 * @param options how long to wait
 * @param work what is done under the lock
 * @throws KeywrightError `conflict` when others do not finish in time; `aborted`; storage codes; what `work` throws
 */
export async function withFileLock<T>(
  store: FileStore,
  place: Place,
  options: LockOptions,
  work: () => Promise<T>,
): Promise<T> {
  const folder = new WorkFolder(store, place)
  const claim = await takeLock(store, folder, place, options)
  let result: T
  try {
    result = await work()
  } catch (error) {
    // Why the work failed matters more than a claim that stays: it ends with this process.
    await folder.remove(claim).catch(() => {})
    await folder.leave()
    throw error
  }
  await folder.remove(claim)
  await folder.leave()
  return result
}

async function takeLock(
  store: FileStore,
  folder: WorkFolder,
  place: Place,
  { lockWaitMs = defaultWaitMs, signal }: LockOptions,
): Promise<string> {
  const deadline = performance.now() + lockWaitMs
  for (;;) {
    throwIfAborted(signal)
    // A look first: a claim put down in vain makes others withdraw.
    if ((await folder.living('claim')).length === 0) {
      const claim = await putClaim(store, folder, place)
      if (claim !== undefined) return claim
    }
    // So written that a wait that is no number does not last for ever.
    if (!(performance.now() < deadline)) {
      const message = `another process works on ${place.path}; if none does, remove ${folder.path}`
      throw new KeywrightError('conflict', message, { field: place.field })
    }
    await pause(randomInt(1, pauseMs), undefined, { signal }).catch(() => {
      throw abortedError()
    })
  }
}

/** @returns the claim where it holds; undefined where a rival's is there too */
async function putClaim(store: FileStore, folder: WorkFolder, place: Place): Promise<string | undefined> {
  let claim: string | undefined
  try {
    const { path, made } = await folder.add('claim', (path) => store.create(path))
    claim = path
    await made.close()
    if ((await folder.living('claim')).length === 1) return claim
    await folder.remove(claim)
    return undefined
  } catch (error) {
    if (claim !== undefined) await folder.remove(claim).catch(() => {})
    await folder.leave()
    throw storageFailure(error, place)
  }
}
