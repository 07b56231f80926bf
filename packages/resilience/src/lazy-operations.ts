import type { Kek } from '@keywright/core/provider'
import type { Health } from './health.ts'
import { loadPolicies } from './load-policies.ts'
import { type Operations, operationsWith } from './operations.ts'
import type { Policy } from './options.ts'

/**
 * The operations of one KEK, whose library is loaded with the first of them. No time limit runs meanwhile: reading
 * files of this machine says nothing about the key manager.
 */
export function operationsOf(kek: Kek, policy: Policy): Operations {
  let made: Operations | undefined
  const ready = async (): Promise<Operations> => {
    const policies = await loadPolicies()
    made ??= operationsWith(kek, policy, policies)
    return made
  }
  return {
    connected: async (name, signal) => (made ?? (await ready())).connected(name, signal),
    run: (operation) => made?.run(operation) ?? ready().then(({ run }) => run(operation)),
    health: () => made?.health() ?? uncalled,
  }
}

/** A KEK that nobody has called. */
const uncalled: Health = {
  breaker: 'closed',
  refusesForMs: 0,
  failuresInARow: 0,
  lastFailure: undefined,
  running: 0,
  waiting: 0,
  statistics: {
    operations: 0,
    succeeded: 0,
    failed: 0,
    tries: 0,
    retries: 0,
    timeouts: 0,
    refused: 0,
    opened: 0,
  },
}
