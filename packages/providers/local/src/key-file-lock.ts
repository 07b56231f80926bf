import { createHash, randomBytes, randomInt } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { open, readdir, unlink } from 'node:fs/promises'
import { hostname } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { KeywrightError } from '@keywright/core'
import { errnoOf, storageFailure } from './storage-failure.ts'

/** Longest wait for another holder, in milliseconds; a change of a key file takes a second at most. */
const patienceMs = 30_000
/** Longest pause between two tries, in milliseconds. */
const pauseMs = 40

/** Who made a lock: machine, process, and when that process started, for numbers of processes are used again. */
const claimTail = /^([0-9a-f]{12})-([1-9][0-9]{0,9})-([0-9]{1,20})-[0-9a-f]{16}$/

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
  try {
    return await change()
  } finally {
    await withdraw(join(folder, claim))
  }
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
    const claim = `${prefix}${thisProcess()}-${randomBytes(8).toString('hex')}`
    const rivals = await claimAndLook(folder, prefix, claim)
    if (rivals.length === 0) return claim
    await withdraw(join(folder, claim))
    if (performance.now() > deadline) {
      throw new KeywrightError(
        'conflict',
        `another process is changing this key; if none is, remove ${join(folder, rivals[0] ?? '')}`,
      )
    }
    await wait(randomInt(1, pauseMs))
  }
}

/** @returns the claims of others that live, or that another machine made */
async function claimAndLook(folder: string, prefix: string, claim: string): Promise<string[]> {
  try {
    const handle = await open(join(folder, claim), 'wx', 0o600)
    await handle.close()
    const rivals: string[] = []
    for (const name of await readdir(folder)) {
      if (name === claim || !name.startsWith(prefix)) continue
      const maker = claimTail.exec(name.slice(prefix.length))
      if (maker === null) continue
      const [, machine = '', pid = '', start = ''] = maker
      if (machine === thisMachine() && !lives(Number(pid), start)) await withdraw(join(folder, name))
      else rivals.push(name)
    }
    return rivals
  } catch (error) {
    await withdraw(join(folder, claim))
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

function thisMachine(): string {
  return createHash('sha256').update(hostname()).digest('hex').slice(0, 12)
}

function thisProcess(): string {
  return `${thisMachine()}-${process.pid}-${startOf(process.pid)}`
}

function lives(pid: number, start: string): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    // EPERM: it lives, under another user.
    if (errnoOf(error) === 'ESRCH') return false
  }
  const now = startOf(pid)
  return now === '0' || start === '0' || now === start
}

/** When a process started, in clock ticks since the machine did (proc(5), field 22 of stat); 0 where that is not told. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The name in parentheses may hold anything, spaces and parentheses too.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '0'
  } catch {
    return '0'
  }
}
