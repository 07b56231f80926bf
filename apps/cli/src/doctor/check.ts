import type { KeywrightError } from '@keywright/core'
import { adviceOn } from '../advice/advice.ts'
import type { Answer, Operation } from './prober.ts'

/** Names of the checks, in the order in which they are told. */
export type CheckName =
  | 'reachable'
  | 'credentials'
  | 'key state'
  | 'describe'
  | 'wrap'
  | 'unwrap'
  | 'generate'
  | 'rewrap'
  | 'right context'
  | 'wrong context'
  | 'flipped byte'
  | 'versions'
  | 'wrap authenticity'
  | 'clock'
  | 'latency'
  | 'local policy'

/** One line of an examination. */
export interface Check {
  readonly check: CheckName
  /** `not checked` is what no call proved. */
  readonly result: 'ok' | 'warning' | 'failed' | 'not checked'
  /** What was seen, in one sentence. */
  readonly detail: string
  /** The calls that prove it. Empty where nothing was checked. */
  readonly provedBy: readonly Operation[]
  /**
   * Why it failed: a call's own code, or `invalid-response` for a key manager that does not do what it declares, or whose
   * clock is another.
   */
  readonly code?: KeywrightError['code'] | undefined
  /** What to do. */
  readonly fix?: string | undefined
}

/** A line that holds. */
export function ok(check: CheckName, detail: string, ...provedBy: Check['provedBy']): Check {
  return { check, result: 'ok', detail, provedBy }
}

/** A line that holds, and that somebody should look at. */
export function warning(
  check: CheckName,
  detail: string,
  fix: string,
  ...provedBy: Check['provedBy']
): Check {
  return { check, result: 'warning', detail, provedBy, fix }
}

/** A line that no call proved. */
export function notChecked(check: CheckName, detail: string): Check {
  return { check, result: 'not checked', detail, provedBy: [] }
}

/** A line that failed because the key manager does not do what it declares. */
export function broken(check: CheckName, detail: string, fix: string, ...provedBy: Check['provedBy']): Check {
  return { check, result: 'failed', detail, provedBy, code: 'invalid-response', fix }
}

/** A line that failed because a call did. */
export function refused(
  check: CheckName,
  scheme: string,
  operation: Operation,
  error: KeywrightError,
): Check {
  const { code, message } = error
  const fix = adviceOn({ code, scheme, operation, key: error.details.key })
  // A mistake in the configuration says itself what is wrong; everything else is told best by its code.
  const detail = code === 'configuration' ? message : `${operation} ended with ${code}`
  return { check, result: 'failed', detail, provedBy: [operation], code, fix }
}

/** Codes that say nothing of what was asked: the call did not get that far. */
const interruptions: readonly KeywrightError['code'][] = [
  'unavailable',
  'timeout',
  'throttled',
  'access-denied',
  'unauthenticated',
  'key-disabled',
]

/**
 * A line for a call that has to be refused.
 *
 * @param check its name
 * @param answer of the unwrap
 * @param words what it means
 */
export function mustRefuse(
  check: CheckName,
  answer: Answer<unknown> | undefined,
  words: { readonly refused: string; readonly taken: string; readonly fix: string },
): Check {
  if (answer === undefined) return notChecked(check, 'there was no time left for it')
  const { error } = answer
  if (error === undefined) return broken(check, words.taken, words.fix, 'unwrapKey')
  if (error.code === 'unwrap-failed') return ok(check, words.refused, 'unwrapKey')
  if (interruptions.includes(error.code)) {
    return notChecked(check, `unwrapKey ended with ${error.code} before that could be seen`)
  }
  const detail = `it is refused, with ${error.code} where unwrap-failed is due`
  return warning(check, detail, 'tell who wrote this provider', 'unwrapKey')
}
