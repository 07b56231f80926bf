import type { KeyDescription } from '@keywright/core'
import { wrapAuthenticityOf } from '@keywright/core/engine'
import { adviceOn } from '../advice/advice.ts'
import { broken, type Check, notChecked, ok, refused, warning } from './check.ts'
import { noConnection } from './check-permissions.ts'
import type { Evidence } from './evidence.ts'
import type { Operation } from './prober.ts'

/** Answers that tell the state of the key, whichever call they came to. */
const statesByCode = ['key-not-found', 'key-disabled', 'key-destroyed'] as const

/** Whether the key is there and enabled. */
export function keyStateCheck(scheme: string, evidence: Evidence): Check {
  const asked: readonly (readonly [Operation, Evidence['connect' | 'describe' | 'wrap' | 'unwrap']])[] = [
    ['connect', evidence.connect],
    ['wrapKey', evidence.wrap],
    ['unwrapKey', evidence.unwrap],
    ['describeKey', evidence.describe],
  ]
  for (const [operation, answer] of asked) {
    const error = answer?.error
    if (error !== undefined && statesByCode.some((code) => code === error.code)) {
      return refused('key state', scheme, operation, error)
    }
  }
  const { describe, wrap } = evidence
  if (describe?.error === undefined && describe !== undefined) return described(scheme, describe.value)
  if (wrap !== undefined && wrap.error === undefined) {
    return ok('key state', 'it wraps, and so it is enabled; more could not be asked', 'wrapKey')
  }
  return notChecked('key state', evidence.connect?.error === undefined ? 'no call told it' : noConnection)
}

function described(scheme: string, { state, versions }: KeyDescription): Check {
  if (state === 'enabled') {
    const usable = versions.filter(({ state: one }) => one === 'enabled').length
    const detail =
      versions.length === 0
        ? 'the key is enabled'
        : `the key is enabled, and ${usable} of its ${versions.length} versions`
    return ok('key state', detail, 'describeKey')
  }
  if (state === 'unknown') return notChecked('key state', 'the key manager does not tell it')
  const code = state === 'disabled' ? 'key-disabled' : 'key-destroyed'
  const fix = adviceOn({ code, scheme, operation: 'describeKey' })
  return {
    check: 'key state',
    result: 'failed',
    detail: `the key is ${state}`,
    provedBy: ['describeKey'],
    code,
    fix,
  }
}

/** Which version wraps, and whether all that tell a version agree. */
export function versionsCheck(scheme: string, { describe, wrap, unwrap, connect }: Evidence): Check {
  if (connect === undefined || connect.error !== undefined) return notChecked('versions', noConnection)
  if (unwrap?.error?.details.field === 'keyVersion')
    return refused('versions', scheme, 'unwrapKey', unwrap.error)
  const told: [string, string, Operation][] = []
  const current = describe?.error === undefined ? describe?.value.currentVersion : undefined
  if (current !== undefined) told.push(['current', current, 'describeKey'])
  const onWrap = wrap?.error === undefined ? wrap?.value.keyVersion : undefined
  if (onWrap !== undefined) told.push(['told on wrap', onWrap, 'wrapKey'])
  const onUnwrap = unwrap?.error === undefined ? unwrap?.value.keyVersion : undefined
  if (onUnwrap !== undefined) told.push(['told on unwrap', onUnwrap, 'unwrapKey'])
  if (told.length === 0) return notChecked('versions', 'no call told one')
  const calls = told.map(([, , operation]) => operation)
  const detail = told.map(([what, version]) => `${what}: ${version}`).join('; ')
  if (new Set(told.map(([, version]) => version)).size === 1) return ok('versions', detail, ...calls)
  const fix = 'run it again: after a rotation it takes some key managers a while; if it stays, report it'
  return warning('versions', detail, fix, ...calls)
}

/** Who could make slots of this key: declared by the provider, and seen in the algorithm of a wrap. */
export function wrapAuthenticityCheck(scheme: string, { connect, wrap, generate }: Evidence): Check {
  const check = 'wrap authenticity'
  if (connect === undefined || connect.error !== undefined) return notChecked(check, noConnection)
  const { wrapAuthenticity: declared } = connect.value.capabilities
  const words =
    declared === 'public-key'
      ? 'anyone with the public key can make slots'
      : 'only holders of the wrap right make slots'
  const answers = [
    ['wrapKey', wrap],
    ['generateDataKey', generate],
  ] as const
  for (const [operation, answer] of answers) {
    if (answer === undefined || answer.error !== undefined) continue
    const { algorithm } = answer.value
    const known = wrapAuthenticityOf({ scheme, algorithm })
    if (known === 'unknown') break
    if (known === declared) return ok(check, `${words}: it wrapped by ${algorithm}`, operation)
    const fix = 'seal nothing with this key: its provider claims what its algorithm does not give'
    return broken(
      check,
      `declared ${declared}, and it wrapped by ${algorithm}, which is ${known}`,
      fix,
      operation,
    )
  }
  return notChecked(check, `declared: ${words}; no call proved it`)
}
