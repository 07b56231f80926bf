import { createHash, randomBytes } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import { errnoOf } from './storage-failure.ts'

/**
 * A process, told from every other that there was or will be. Numbers of processes are used again, so the time when
 * the process started stands beside its number; and a number means something only on one machine, since one start
 * of it, among the processes of one container.
 */
interface ProcessMark {
  /** Twelve hexadecimal digits of a digest over the machine's name and id. */
  readonly machine: string
  /** Twelve digits of the id that the system has from one start to the next; 0 where there is none. */
  readonly boot: string
  /** The container's process namespace; 0 where there is none. */
  readonly space: string
  readonly pid: string
  /** Start of the process in clock ticks; 0 where the platform does not tell. */
  readonly start: string
}

const pattern = /^([0-9a-f]{12})-([0-9a-f]{12}|0)-([0-9]{1,12})-([1-9][0-9]{0,9})-([0-9]{1,20})-[0-9a-f]{16}$/

/** A new name part that carries this process's mark and was never used before. */
export function freshMark(): string {
  const { machine, boot, space, pid, start } = thisProcess()
  return `${machine}-${boot}-${space}-${pid}-${start}-${randomBytes(8).toString('hex')}`
}

/** What is known of the process that made a name. */
export type Life = 'alive' | 'dead' | 'not-a-mark'

/**
 * Tells whether the maker of a name part lives. Where that cannot be known, as on another machine or in another
 * container, it is taken to live.
 *
 * @param text what {@link freshMark} gave somebody
 */
export function lifeOf(text: string): Life {
  const found = pattern.exec(text)
  if (found === null) return 'not-a-mark'
  const [, machine = '', boot = '', space = '', pid = '', start = ''] = found
  const here = thisProcess()
  if (machine !== here.machine) return 'alive'
  if (boot !== here.boot) return 'dead'
  if (space !== here.space) return 'alive'
  return runs(Number(pid), start) ? 'alive' : 'dead'
}

let known: ProcessMark | undefined

function thisProcess(): ProcessMark {
  known ??= {
    machine: digits(`${hostname()}\0${textOf('/etc/machine-id')}`),
    boot: bootOf(textOf('/proc/sys/kernel/random/boot_id')),
    space: /[0-9]{1,12}/.exec(linkOf('/proc/self/ns/pid'))?.[0] ?? '0',
    pid: String(process.pid),
    start: startOf(process.pid),
  }
  return known
}

function bootOf(id: string): string {
  return id === '' ? '0' : digits(id)
}

function digits(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12)
}

function runs(pid: number, start: string): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    // Any other answer, such as EPERM for a process of another user, comes from one that lives.
    if (errnoOf(error) === 'ESRCH') return false
  }
  const now = startOf(pid)
  return now === '0' || start === '0' || now === start
}

/** Field 22 of stat (proc(5)): the start in clock ticks since the machine's. A zombie holds nothing any more. */
function startOf(pid: number): string {
  const stat = textOf(`/proc/${pid}/stat`)
  // The program's name in parentheses may hold anything, spaces and parentheses too.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  if (fields[0] === 'Z' || fields[0] === 'X') return 'ended'
  return fields[19] ?? '0'
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}
