import { adviceOn } from '../advice/advice.ts'
import { type Check, notChecked, ok, refused, warning } from './check.ts'
import { callsInOrder, type Evidence, isFromService, isUnreached } from './evidence.ts'
import type { Operation } from './prober.ts'

/** A call that takes longer is worth a look: every envelope without a cache waits for one. */
const slowMs = 1_000

/** Whether the key manager answers at all. */
export function reachableCheck(scheme: string, evidence: Evidence): Check {
  const asked = callsInOrder(evidence)
  const answered = asked.find(([operation, answer]) => isFromService(operation, answer))
  if (answered !== undefined) return ok('reachable', 'the key manager answers', answered[0])
  const lost = asked.find(([, answer]) => isUnreached(answer))
  if (lost?.[1].error !== undefined) return refused('reachable', scheme, lost[0], lost[1].error)
  return notChecked('reachable', 'no call got as far as the key manager')
}

/** Whether the credentials are known there; what they allow is another matter. */
export function credentialsCheck(scheme: string, evidence: Evidence): Check {
  const asked = callsInOrder(evidence)
  for (const code of ['unauthenticated', 'configuration'] as const) {
    const found = asked.find(([, answer]) => answer.error?.code === code)
    if (found?.[1].error !== undefined) return refused('credentials', scheme, found[0], found[1].error)
  }
  const known = asked.find(
    ([operation, { error }]) =>
      (error === undefined && operation !== 'connect') || error?.code === 'access-denied',
  )
  if (known === undefined) return notChecked('credentials', 'no call told')
  return ok('credentials', 'the key manager knows them', known[0])
}

/** How long calls took; one that got no answer where others did has failed. */
export function latencyCheck(scheme: string, { calls }: Evidence): Check {
  const answered = calls.filter(({ code, operation }) => code === undefined && operation !== 'connect')
  if (answered.length === 0) return notChecked('latency', 'no call succeeded')
  const silent = calls.find(({ code }) => code === 'timeout')
  if (silent !== undefined) {
    const { operation, milliseconds } = silent
    const fix = adviceOn({ code: 'timeout', scheme, operation })
    const detail = `${operation} got no answer in ${shown(milliseconds)}`
    return { check: 'latency', result: 'failed', detail, provedBy: [operation], code: 'timeout', fix }
  }
  const longest = new Map<Operation, number>()
  for (const { operation, milliseconds } of answered) {
    longest.set(operation, Math.max(longest.get(operation) ?? 0, milliseconds))
  }
  const detail = [...longest].map(([operation, ms]) => `${operation} ${shown(ms)}`).join(', ')
  if (Math.max(...longest.values()) <= slowMs) return ok('latency', detail, ...longest.keys())
  const fix = 'every open without a cache waits as long: use a nearer Region, or the cache of the keyring'
  return warning('latency', detail, fix, ...longest.keys())
}

function shown(milliseconds: number): string {
  return milliseconds < 10 ? `${milliseconds.toFixed(1)} ms` : `${Math.round(milliseconds)} ms`
}
