import { type ErrorCode, isKeywrightError } from '../errors.ts'
import { canonicalContext, type EncryptionContext, keyContext } from '../format/context.ts'
import type { Kek } from '../provider/contract.ts'
import { parseKeyUri } from '../provider/key-uri.ts'
import type { SlotRecord } from './receipt.ts'

/** Options of {@link proveLockOut}. */
export interface LockOutOptions {
  /** Slots that a rewrap dropped, from its receipt. */
  readonly slots: readonly SlotRecord[]
  /** The KEKs that must not open them any more. */
  readonly keks: readonly Kek[]
  /** The full context of the envelope. */
  readonly context?: EncryptionContext | undefined
  /** Whether the slots held shares of a DEK. */
  readonly shares?: boolean | undefined
  readonly signal?: AbortSignal | undefined
}

/** What an old KEK answered when it was asked with its old wrapped key. */
export interface LockOutProof {
  readonly key: string
  /**
   * `refused` only where grant, key or key version are gone; `not-tried` where the KEK could not be asked, is not
   * among those given, or gave an answer that proves nothing.
   */
  readonly result: 'refused' | 'still-opens' | 'not-tried'
  readonly code?: ErrorCode | undefined
}

/**
 * Answers that tell of the grant or the key. Every other one proves nothing: a wrong context, for one, is answered
 * with the same `unwrap-failed` as a tampered slot, and some refusals are core's own, without a call.
 */
const refusals: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'access-denied',
  'key-not-found',
  'key-disabled',
  'key-destroyed',
  'key-version-retired',
])

/**
 * Asks old KEKs directly with wrapped keys that a rewrap dropped. Only a refusal proves that they are locked out;
 * that the new header does not open with them proves nothing. It holds for the credentials that the KEKs given use: ask
 * with those of the former holder. For a shared DEK ask for all of its envelopes.
 *
 * @param options the dropped slots and their KEKs, once the grants are gone
 * @throws KeywrightError `invalid-argument` for a context that is none; `aborted`
 */
export async function proveLockOut(options: LockOutOptions): Promise<readonly LockOutProof[]> {
  const context = await keyContext(
    options.shares === true ? 'share' : 'dek',
    canonicalContext(options.context),
  )
  const proofs: LockOutProof[] = []
  for (const slot of options.slots) {
    const kek = await ownerOf(slot, options)
    if (kek === undefined) {
      proofs.push({ key: slot.key, result: 'not-tried' })
      continue
    }
    const { keyVersion, algorithm } = slot
    const wrapped = new Uint8Array(Buffer.from(slot.wrapped, 'base64'))
    try {
      const { reference } = parseKeyUri(slot.key)
      const { dataKey } = await kek.unwrapKey({
        wrapped,
        reference,
        keyVersion,
        algorithm,
        context,
        signal: options.signal,
      })
      dataKey.fill(0)
      proofs.push({ key: slot.key, result: 'still-opens' })
    } catch (error) {
      if (!isKeywrightError(error) || error.code === 'aborted') throw error
      const { code } = error
      proofs.push({ key: slot.key, result: refusals.has(code) ? 'refused' : 'not-tried', code })
    }
  }
  return proofs
}

/** Undefined where the receipt could not name the KEK, because its reference was concealed. */
function referenceOf(slot: SlotRecord): string | undefined {
  try {
    return parseKeyUri(slot.key).reference
  } catch {
    return undefined
  }
}

/** A KEK that cannot be connected cannot be asked; a caller that gave up is told so. */
function neitherUnlessAborted(error: unknown): false {
  if (isKeywrightError(error, 'aborted')) throw error
  return false
}

async function ownerOf(slot: SlotRecord, { keks, signal }: LockOutOptions): Promise<Kek | undefined> {
  const reference = referenceOf(slot)
  if (reference === undefined) return undefined
  for (const kek of keks) {
    if (!slot.key.startsWith(`${kek.scheme}:`)) continue
    const owns = await kek.owns(reference, { signal }).catch(neitherUnlessAborted)
    if (owns) return kek
  }
  return undefined
}
