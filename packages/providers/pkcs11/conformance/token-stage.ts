import type { ConformanceStage } from '@keywright/conformance'
import { type Pkcs11Options, pkcs11 } from '../src/index.ts'
import { type FaultyClient, faultyClient } from './faulty-client.ts'
import type { TokenAdmin } from './token-admin.ts'

let stages = 0

/** How the two keys of a stage are made and opened. */
export interface StageOptions {
  readonly admin: TokenAdmin
  readonly pin: string
  /** Makes one version of a key. */
  readonly create: (label: string, id: string) => void
  readonly options: Omit<Pkcs11Options, 'key'>
}

/** A stage, and what its first key is called on the token. */
export interface TokenStage extends ConformanceStage {
  readonly firstLabel: string
  /** CKA_ID of its first version, in hexadecimal. */
  readonly firstId: string
}

/**
 * Two keys of their own on a token that all stages share. CKA_IDs are versions: rotating makes the next, retiring
 * destroys the first. No attribute disables a key so that a token would say so: the suite reports it as skipped.
 */
export function tokenStage({ admin, pin, create, options }: StageOptions): TokenStage {
  const number = ++stages
  const stage = `stage ${process.pid}-${number}`
  // One CKA_ID belongs to one key of a kind: NSS replaces a key by the next one that has its id.
  const idOf = (count: number): string =>
    [number >> 8, number & 255, count].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  const first = `${stage} first`
  // Nothing is done to the second key: one serves all stages.
  const second = `second of all, ${options.algorithm ?? options.type ?? 'usual'}`
  create(first, idOf(1))
  if (admin.find(second).length === 0) create(second, 'ff')
  const common = { closeWithinMs: 50, currentMaxAgeMs: 0, unprotectedKey: 'allow' } as const
  const kek = (key: string) => () => pkcs11({ ...common, token: admin.label, key, pin, ...options })
  let version = 1
  return {
    firstLabel: first,
    firstId: idOf(1),
    first: kek(first),
    second: kek(second),
    missing: kek(`${stage} missing`),
    secrets: [pin],
    rotate: async () => create(first, idOf(++version)),
    retire: async () => admin.destroy(first, idOf(1)),
    destroy: async () => admin.destroy(first),
    close: async () => admin.destroy(first),
  }
}

/** The same on a client that counts its calls and can do wrong. */
export function faultyStage(given: StageOptions): TokenStage {
  const faulty: FaultyClient = faultyClient(given.admin.client, given.pin)
  const { client, calls, faults, heal } = faulty
  const stage = tokenStage({ ...given, options: { ...given.options, client, resilience: false } })
  const close = async (): Promise<void> => {
    heal()
    await stage.close?.()
  }
  return { ...stage, calls, faults, close }
}
