import { createHash, randomBytes } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import { errnoOf } from './storage-failure.ts'

/**
 * What a claim's name says of its maker: the machine, its start, the process namespace (a container's, a sandbox's),
 * the process, and when that started, for numbers of processes are used again. 0 stands for what the platform does
 * not tell.
 */
const grammar = /^([0-9a-f]{12})-([0-9a-f]{12}|0)-([0-9]{1,12})-([1-9][0-9]{0,9})-([0-9]{1,20})-[0-9a-f]{16}$/

let known: readonly string[] | undefined

/** A new name part that carries this process's mark and was never used before. */
export function claimMark(): string {
  return [...thisProcess(), randomBytes(8).toString('hex')].join('-')
}

/**
 * Tells whether the maker of a claim lives. Where that cannot be known, as on another machine or in another container
 * that shares the folder, it is taken to live: of two that rotate at once, one would lose the other's version.
 *
 * @param text what {@link claimMark} gave somebody
 * @returns undefined for text that is no mark
 */
export function makerLives(text: string): boolean | undefined {
  const found = grammar.exec(text)
  if (found === null) return undefined
  const [, machine, boot, space, pid, start] = found
  const [thisMachine, thisBoot, thisSpace] = thisProcess()
  if (machine !== thisMachine) return true
  if (boot !== thisBoot) return false
  return space !== thisSpace || runs(Number(pid), start)
}

function thisProcess(): readonly string[] {
  known ??= [
    digest(`${hostname()}\0${textOf('/etc/machine-id')}`),
    digest(textOf('/proc/sys/kernel/random/boot_id')),
    /[0-9]{1,12}/.exec(processSpace())?.[0] ?? '0',
    String(process.pid),
    startOf(process.pid),
  ]
  return known
}

function digest(text: string): string {
  return text === '' ? '0' : createHash('sha256').update(text).digest('hex').slice(0, 12)
}

function runs(pid: number, start: string | undefined): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    // EPERM: it lives, under another user.
    if (errnoOf(error) === 'ESRCH') return false
  }
  const now = startOf(pid)
  return now === '0' || start === '0' || now === start
}

/** Field 22 of stat (proc(5)), in clock ticks since the machine's start. A zombie changes no file any more. */
function startOf(pid: number): string {
  const stat = textOf(`/proc/${pid}/stat`)
  // The name in parentheses may hold anything, spaces and parentheses too.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return /^[ZX]$/.test(fields[0] ?? '') ? 'ended' : (fields[19] ?? '0')
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}

function processSpace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid')
  } catch {
    return ''
  }
}
