import { randomInt } from 'node:crypto'
import { open, readdir, unlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { KeywrightError } from '@keywright/core/provider'
import { claimMark, makerLives } from './claim-maker.ts'
import { errnoOf, storageFailure } from './storage-failure.ts'

/** Longest wait for another holder, in milliseconds; a change of a key file takes a second at most. */
const patienceMs = 30_000
/** Longest pause between two tries, in milliseconds. */
const pauseMs = 40

/**
 * Runs a change of a file while no other process or call changes it.
 *
 * Each taker first puts down a file of its own, a claim, and then looks around: it holds the lock when no claim of
 * a living process but its own is there, and withdraws otherwise. Two takers may both withdraw and try again, but
 * they cannot both hold, for the later of two claims is put down before its maker looks. Claims have names that never
 * come back, so clearing away a dead process's claim cannot remove a living one's; an exclusive lock file has that
 * very gap when two takers find it stale.
 *
 * @param path absolute path of the file; its folder exists and is on a local file system
 * @param signal ends the wait
 * @param change what is done under the lock
 * @param waitMs longest wait for another holder, in milliseconds
 * @throws KeywrightError `conflict` when another holder does not finish; `aborted`; storage codes; what `change` throws
 */
export async function withFileLock<T>(
  path: string,
  signal: AbortSignal | undefined,
  change: () => Promise<T>,
  waitMs: number = patienceMs,
): Promise<T> {
  const folder = dirname(path)
  const prefix = `.${basename(path)}.lock-`
  const claim = await takeLock(folder, prefix, signal, waitMs)
  let result: T
  try {
    result = await change()
  } catch (error) {
    // Why the change failed matters more than a claim that stays: it ends with this process.
    await withdraw(join(folder, claim)).catch(() => {})
    throw error
  }
  await withdraw(join(folder, claim))
  return result
}

async function takeLock(
  folder: string,
  prefix: string,
  signal: AbortSignal | undefined,
  waitMs: number,
): Promise<string> {
  const deadline = performance.now() + waitMs
  for (;;) {
    if (signal?.aborted) throw new KeywrightError('aborted', 'the caller aborted the wait for a key file')
    // A look first: a claim put down in vain makes others withdraw.
    let rivals = await livingClaims(folder, prefix)
    if (rivals.length === 0) {
      const claim = `${prefix}${claimMark()}`
      rivals = await claimAndLook(folder, prefix, claim)
      if (rivals.length === 0) return claim
      await withdraw(join(folder, claim))
    }
    if (performance.now() > deadline) {
      throw new KeywrightError(
        'conflict',
        `another process is changing this key; if none is, remove ${join(folder, rivals[0] ?? '')}`,
      )
    }
    await wait(randomInt(1, pauseMs))
  }
}

/** @returns the claims of others that are there too */
async function claimAndLook(folder: string, prefix: string, claim: string): Promise<string[]> {
  const path = join(folder, claim)
  try {
    const handle = await open(path, 'wx', 0o600)
    await handle.close()
    return (await livingClaims(folder, prefix)).filter((name) => name !== claim)
  } catch (error) {
    await withdraw(path).catch(() => {})
    throw storageFailure(error, 'write', folder)
  }
}

/** Names of the claims whose makers live, or may live; those of dead ones are cleared away. */
async function livingClaims(folder: string, prefix: string): Promise<string[]> {
  try {
    const living: string[] = []
    for (const name of await readdir(folder)) {
      if (!name.startsWith(prefix)) continue
      const lives = makerLives(name.slice(prefix.length))
      if (lives === true) living.push(name)
      else if (lives === false) await withdraw(join(folder, name))
    }
    return living
  } catch (error) {
    throw storageFailure(error, 'write', folder)
  }
}

async function withdraw(path: string): Promise<void> {
  try {
    await unlink(path)
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw storageFailure(error, 'write', path)
  }
}
