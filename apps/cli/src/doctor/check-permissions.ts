import { broken, type Check, type CheckName, notChecked, ok, refused } from './check.ts'
import { callsInOrder, type Evidence, isFromService, isUnreached, type Unwrapped } from './evidence.ts'
import type { Answer, Operation } from './prober.ts'

/** What is said where a line has no call to go by. */
export const noConnection = 'there is no connection'
const notReached = 'the key manager was not reached, or no time was left'

/** Whether the credentials in use may describe, wrap, unwrap, generate and rewrap. */
export function permissionChecks(scheme: string, evidence: Evidence): readonly Check[] {
  const { connect, describe, wrap, generate, rewrap, unwrapGenerated, unwrapRewrapped } = evidence
  if (connect?.error !== undefined || connect === undefined) {
    const names: readonly CheckName[] = ['describe', 'wrap', 'unwrap', 'generate', 'rewrap']
    return names.map((name) => notChecked(name, noConnection))
  }
  const { capabilities } = connect.value
  const reached = callsInOrder(evidence).some(([operation, answer]) => isFromService(operation, answer))
  const called = (name: CheckName, operation: Operation, answer: Answer<unknown> | undefined): Check => {
    if (answer === undefined || (!reached && isUnreached(answer))) return notChecked(name, notReached)
    if (answer.error !== undefined) return refused(name, scheme, operation, answer.error)
    return ok(name, 'allowed', operation)
  }
  return [
    called('describe', 'describeKey', describe),
    called('wrap', 'wrapKey', wrap),
    unwrapCheck(scheme, evidence),
    optional(capabilities.generatesDataKeys, 'generate', () => {
      const check = called('generate', 'generateDataKey', generate)
      return check.result === 'ok' ? opened(check, 'generateDataKey', unwrapGenerated) : check
    }),
    optional(capabilities.serverSideRewrap, 'rewrap', () => {
      if (rewrap === undefined) return notChecked('rewrap', 'there was no wrapped key to rewrap')
      const check = called('rewrap', 'rewrapKey', rewrap)
      return check.result === 'ok' ? opened(check, 'rewrapKey', unwrapRewrapped) : check
    }),
  ]
}

function unwrapCheck(scheme: string, { unwrap, wrappedBy }: Evidence): Check {
  if (wrappedBy === undefined) return notChecked('unwrap', 'there was no wrapped key to unwrap')
  if (unwrap === undefined) return notChecked('unwrap', notReached)
  if (unwrap.error !== undefined) return refused('unwrap', scheme, 'unwrapKey', unwrap.error)
  if (unwrap.value.isSame)
    return ok('unwrap', 'allowed, and gives back the key that was wrapped', wrappedBy, 'unwrapKey')
  return broken('unwrap', 'another key comes back than was wrapped', doNotUse, wrappedBy, 'unwrapKey')
}

/** A generated or rewrapped key has to open like a wrapped one; where that was not tried, the line says less. */
function opened(check: Check, operation: Operation, unwrapped: Answer<Unwrapped> | undefined): Check {
  if (unwrapped === undefined || unwrapped.error !== undefined) return check
  if (unwrapped.value.isSame)
    return ok(check.check, 'allowed, and what it gives opens', operation, 'unwrapKey')
  return broken(check.check, 'what it gives opens to another key', doNotUse, operation, 'unwrapKey')
}

function optional(declared: boolean, name: CheckName, check: () => Check): Check {
  return declared ? check() : notChecked(name, 'this key manager declares none')
}

/** What to do about a key manager that is not what it claims to be. */
export const doNotUse = 'seal nothing with this key: update its provider, or report this'
