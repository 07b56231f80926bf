import { formatKeyUri, type Kek } from '@keywright/core'
import type { ConfigFile } from '../config/config-file.ts'
import type { Check } from './check.ts'
import { bindingChecks } from './check-binding.ts'
import { clockCheck } from './check-clock.ts'
import { keyStateCheck, versionsCheck, wrapAuthenticityCheck } from './check-key.ts'
import { permissionChecks } from './check-permissions.ts'
import { policyCheck } from './check-policy.ts'
import { credentialsCheck, latencyCheck, reachableCheck } from './check-surroundings.ts'
import { type GatherOptions, gather } from './evidence.ts'
import type { ProbedCall } from './prober.ts'

/** What was found out about one key. */
export interface Examination {
  /** Canonical URI; as written where the key could not be connected. */
  readonly key: string
  readonly checks: readonly Check[]
  /** Every call that was made, in order. */
  readonly calls: readonly ProbedCall[]
}

/** How a key is examined. */
export interface ExamineOptions extends GatherOptions {
  readonly config: ConfigFile | undefined
}

/**
 * Asks one key what it can be asked, and says what that proves.
 *
 * @param kek not connected yet; the caller closes it
 * @param options context, time and policy
 * @throws KeywrightError `aborted` when the user interrupts
 */
export async function examine(kek: Kek, options: ExamineOptions): Promise<Examination> {
  const { scheme, uri } = kek
  const evidence = await gather(kek, options)
  const { connect, calls } = evidence
  const checks = [
    reachableCheck(scheme, evidence),
    credentialsCheck(scheme, evidence),
    keyStateCheck(scheme, evidence),
    ...permissionChecks(scheme, evidence),
    ...bindingChecks(evidence),
    versionsCheck(scheme, evidence),
    wrapAuthenticityCheck(scheme, evidence),
    clockCheck(scheme, evidence, (options.wallNow ?? Date.now)()),
    latencyCheck(scheme, evidence),
    policyCheck(scheme, uri, options.config, evidence),
  ]
  const key =
    connect?.error === undefined && connect !== undefined
      ? formatKeyUri(scheme, connect.value.reference)
      : uri
  return { key, checks, calls }
}
