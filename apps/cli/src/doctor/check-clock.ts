import { broken, type Check, notChecked, ok, warning } from './check.ts'
import type { Evidence } from './evidence.ts'

/** Clocks are never equal. */
const toleratedMs = 60_000
/** AWS refuses signatures that are further off; tokens of others are refused about then too. */
const refusedMs = 300_000
/** They run in this machine: there is no other clock to compare. */
const ofThisMachine: readonly string[] = ['local', 'pkcs11']

/**
 * This machine's clock, compared with the `Date` of the answers; where none states one, with the making of the key,
 * which can show only that this clock is behind.
 *
 * @param scheme of the key
 * @param evidence of its calls
 * @param wallMs milliseconds since 1970 by this machine's clock
 */
export function clockCheck(scheme: string, evidence: Evidence, wallMs: number): Check {
  const [nearest] = evidence.times.toSorted((one, other) => Math.abs(one.aheadMs) - Math.abs(other.aheadMs))
  if (nearest === undefined) return byKeyAge(scheme, evidence, wallMs)
  const calls = evidence.times.map(({ operation }) => operation)
  const offMs = Math.abs(nearest.aheadMs)
  if (offMs <= toleratedMs) return ok('clock', "this clock agrees with the key manager's", ...calls)
  const seconds = Math.round(offMs / 1_000)
  const detail = `this clock is ${seconds} s ${nearest.aheadMs > 0 ? 'behind' : 'ahead of'} the key manager's`
  const fix = `set the clock of this machine, by NTP for one: it is off by ${seconds} s`
  return offMs > refusedMs
    ? broken('clock', detail, `${fix}, and signatures and tokens are refused for that`, ...calls)
    : warning('clock', detail, fix, ...calls)
}

function byKeyAge(scheme: string, { describe }: Evidence, wallMs: number): Check {
  const description = describe?.error === undefined ? describe?.value : undefined
  const made = [description?.createdAt, ...(description?.versions ?? []).map(({ createdAt }) => createdAt)]
  const newest = Math.max(...made.flatMap((date) => (date === undefined ? [] : [date.getTime()])))
  if (newest > wallMs + toleratedMs) {
    const aheadMinutes = Math.ceil((newest - wallMs) / 60_000)
    const detail = `by this clock the key was made ${aheadMinutes} minutes from now: it is behind the key manager's`
    return broken('clock', detail, 'set the clock of this machine', 'describeKey')
  }
  if (ofThisMachine.includes(scheme))
    return notChecked('clock', 'this key manager has the clock of this machine')
  return notChecked('clock', "no answer tells the key manager's time")
}
