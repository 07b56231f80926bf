import { formatKeyUri, type Kek, type KeywrightError, parseKeyUri, type RewrapReceipt } from '@keywright/core'
import { asFailure } from '../terminal/failure.ts'

type SlotRecord = RewrapReceipt['dropped'][number]

/** Keys that have to be locked out, as they answered when they were connected. */
export interface OldKeys {
  readonly keks: readonly Kek[]
  /** Canonical URIs, as slots name them. */
  readonly names: ReadonlySet<string>
  /** Why a key of a scheme could not be connected. */
  readonly failures: ReadonlyMap<string, KeywrightError>
}

/**
 * Connects the keys that have to be locked out; one that cannot be connected is asked nothing.
 *
 * @param keks named by the user
 * @param signal of the run
 */
export async function connectOldKeys(keks: readonly Kek[], signal: AbortSignal): Promise<OldKeys> {
  const names = new Set<string>()
  const failures = new Map<string, KeywrightError>()
  for (const kek of keks) {
    try {
      names.add(formatKeyUri(kek.scheme, (await kek.connect({ signal })).reference))
    } catch (error) {
      signal.throwIfAborted()
      failures.set(kek.scheme, asFailure(error))
    }
  }
  return { keks, names, failures }
}

/**
 * The slots that are of these keys, or may be: of a scheme of which a key could not be connected, or under a name that
 * was concealed.
 *
 * @param slots that rewraps dropped
 * @param keys that have to be locked out
 */
export async function slotsOf(slots: readonly SlotRecord[], keys: OldKeys): Promise<readonly SlotRecord[]> {
  const own: SlotRecord[] = []
  for (const slot of slots) {
    const scheme = /^[a-z][a-z0-9-]*(?=:)/.exec(slot.key)?.[0] ?? ''
    const reference = referenceOf(slot)
    const keks = keys.keks.filter((kek) => kek.scheme === scheme)
    const mayBe = keks.length > 0 && (reference === undefined || keys.failures.has(scheme))
    if (mayBe || (await anyOwns(keks, reference ?? ''))) own.push(slot)
  }
  return own
}

async function anyOwns(keks: readonly Kek[], reference: string): Promise<boolean> {
  for (const kek of keks) if (await kek.owns(reference)) return true
  return false
}

function referenceOf({ key }: SlotRecord): string | undefined {
  try {
    return parseKeyUri(key).reference
  } catch {
    return undefined
  }
}
