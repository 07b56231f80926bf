import type { CacheOptions } from '../cache/dek-cache.ts'
import { importMacKey, type MacKey } from '../crypto/primitives.ts'
import { type ErrorCode, KeywrightError } from '../errors.ts'
import { limits } from '../limits.ts'
import type { Kek } from '../provider/contract.ts'
import { nearestFirst, type OpenStrategy } from './open-strategy.ts'

/** Tells that an envelope was sealed without one of its KEKs. */
export interface SealWarning {
  /** Key URI of the KEK that has no slot in the new envelope. */
  readonly key: string
  /** Why its wrap failed. */
  readonly code: ErrorCode
}

/** Options of {@link keyring}. */
export interface KeyringOptions {
  /** KEKs that new envelopes are wrapped by, one slot each; any of them opens. */
  readonly seal?: readonly Kek[] | undefined
  /** KEKs that envelopes may still be read with, and that nothing is wrapped by. */
  readonly open?: readonly Kek[] | undefined
  /** For k of n: the groups that must agree. Inside a group any KEK will do. Stands in place of `seal`. */
  readonly groups?: readonly (readonly Kek[])[] | undefined
  /** How many groups a new envelope needs to open, 2 to the number of groups. Given exactly with `groups`. */
  readonly threshold?: number | undefined
  /** The smallest threshold that is accepted on reading; default: `threshold`, or 1 without it. */
  readonly minThreshold?: number | undefined
  /** Whether slots that anyone with a public key can make are accepted beside others. Default: no. */
  readonly acceptPublicKeyWrap?: boolean | undefined
  /** 32 bytes: conceals the KEKs' names in new slots, and recognises concealed ones. A copy is taken. */
  readonly concealKey?: Uint8Array | undefined
  /** What to do when one of several KEKs cannot wrap: fail (the default), or proceed and be told. */
  readonly onSealFailure?: 'fail' | { readonly proceed: (warning: SealWarning) => void } | undefined
  /**
   * Whom to ask when an envelope is opened, when, and how many at once. Default: one after the other, in the order
   * given here; `hedged` of `@keywright/resilience` goes by health and overtakes who is slow.
   */
  readonly openStrategy?: OpenStrategy | undefined
  /** Whether withheld context values may be sent to key managers that bind, and log, them as a map. Default: no. */
  readonly bindWithheldNatively?: boolean | undefined
  /** Keeps DEKs for reuse; absent, every envelope has a DEK of its own and every open asks a key manager. */
  readonly cache?: CacheOptions | undefined
}

/** A keyring's options, checked and completed. */
export interface KeyPolicy {
  /** The KEKs of each group that a new envelope gets; one group without shares. */
  readonly sealGroups: readonly (readonly Kek[])[]
  readonly threshold: number
  /** KEKs accepted on reading, nearest first, by the group whose one share they may contribute. */
  readonly openGroups: readonly (readonly Kek[])[]
  readonly minThreshold: number
  readonly acceptPublicKeyWrap: boolean
  readonly bindWithheldNatively: boolean
  readonly openStrategy: OpenStrategy
  readonly proceed: ((warning: SealWarning) => void) | undefined
  /** A promise only where the platform's keys are imported asynchronously. */
  readonly concealKey: MacKey | Promise<MacKey> | undefined
}

/**
 * Checks what a keyring was given; every mistake is precise, for nobody attacks a configuration from here.
 *
 * @throws KeywrightError `configuration`, with the option as field
 */
export function keyPolicy(options: KeyringOptions): KeyPolicy {
  const { threshold = 1 } = options
  // Copies: a list that its owner changes later changes no policy.
  const seal = [...(options.seal ?? [])]
  const open = [...(options.open ?? [])]
  const groups = options.groups?.map((group) => [...group])
  if (seal.length + open.length === 0 && groups === undefined) throw mistake('seal', 'or open names a key')
  if (groups === undefined) {
    if (options.threshold !== undefined) throw mistake('threshold', 'is given together with groups')
  } else {
    if (seal.length > 0) throw mistake('seal', 'and groups exclude one another')
    checkGroups(groups, threshold)
  }
  const minThreshold = options.minThreshold ?? threshold
  if (!Number.isInteger(minThreshold) || minThreshold < 1 || minThreshold > limits.groups) {
    throw mistake('minThreshold', `is a number from 1 to ${limits.groups}`)
  }
  if (new Set(seal).size !== seal.length) throw mistake('seal', 'names each key once')
  if (seal.length > limits.slots) throw mistake('seal', `names at most ${limits.slots} keys`)
  const { concealKey, onSealFailure = 'fail' } = options
  if (concealKey !== undefined && concealKey.length !== limits.dataKeyBytes) {
    throw mistake('concealKey', `has ${limits.dataKeyBytes} bytes`)
  }
  // Without groups every KEK is a group of its own: two slots of one key manager then never count twice.
  const alone = [...new Set([...seal, ...open])].map((kek) => [kek])
  return {
    sealGroups: groups ?? (seal.length > 0 ? [seal] : []),
    threshold,
    openGroups: groups === undefined ? alone : [...groups, ...openAlone(groups, open)],
    minThreshold,
    acceptPublicKeyWrap: options.acceptPublicKeyWrap ?? false,
    bindWithheldNatively: options.bindWithheldNatively ?? false,
    openStrategy: options.openStrategy ?? nearestFirst,
    proceed: onSealFailure === 'fail' ? undefined : onSealFailure.proceed,
    concealKey: concealKey === undefined ? undefined : importMacKey(concealKey),
  }
}

function checkGroups(groups: readonly (readonly Kek[])[], threshold: number): void {
  if (groups.length < 2 || groups.length > limits.groups) {
    throw mistake('groups', `are 2 to ${limits.groups}`)
  }
  if (groups.some((group) => group.length === 0)) throw mistake('groups', 'have at least one key each')
  if (new Set(groups.flat()).size !== groups.flat().length) throw mistake('groups', 'name each key once')
  if (groups.flat().length > limits.slots) throw mistake('groups', `have at most ${limits.slots} keys in all`)
  if (!Number.isInteger(threshold) || threshold < 2 || threshold > groups.length) {
    throw mistake('threshold', 'is a number from 2 to the number of groups')
  }
}

/** A KEK of a group that is named again for opening stays in its group: its share would count twice otherwise. */
function openAlone(groups: readonly (readonly Kek[])[], open: readonly Kek[]): readonly (readonly Kek[])[] {
  const grouped = new Set(groups.flat())
  return [...new Set(open)].filter((kek) => !grouped.has(kek)).map((kek) => [kek])
}

function mistake(field: string, rule: string): KeywrightError {
  return new KeywrightError('configuration', `keyring: ${field} ${rule}`, { field })
}
