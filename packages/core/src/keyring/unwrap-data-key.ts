import { equalBytes } from '../crypto/primitives.ts'
import { KeywrightError } from '../errors.ts'
import { type CanonicalContext, keyContext } from '../format/context.ts'
import type { Header } from '../format/header.ts'
import { keyCheck } from '../format/key-checks.ts'
import type { Slot } from '../format/key-table.ts'
import { DataKey } from './data-key.ts'
import { Opening, type SlotAnswer } from './opening.ts'
import type { KeyPolicy } from './policy.ts'
import { combineShares, type Share } from './shares.ts'
import { wrongKey } from './unwrap-slot.ts'

/**
 * Unwraps an envelope's DEK with the KEKs of a policy and checks it, steps 6 to 9 of the reading order (KW-OPN-1).
 *
 * @param header what was decoded; its context has been compared with the expected one
 * @param policy the reader's
 * @param context the full context
 * @param answers where given, learns what each slot that was asked answered
 * @throws KeywrightError `policy-mismatch` or `no-matching-key` before any call; otherwise the code of what the
 * slots answered, with each answer in `details.slots`; `aborted`
 */
export async function unwrapDataKey(
  header: Header,
  policy: KeyPolicy,
  context: CanonicalContext,
  signal: AbortSignal | undefined,
  answers: Map<Slot, SlotAnswer> = new Map(),
): Promise<DataKey> {
  const { threshold } = header.keyTable
  if (threshold < policy.minThreshold) {
    const message = `the envelope asks for ${threshold} key groups, this reader for ${policy.minThreshold}`
    throw new KeywrightError('policy-mismatch', message, { field: 'threshold' })
  }
  const bound = await keyContext(threshold === 1 ? 'dek' : 'share', context)
  const opening = new Opening({ header, policy, context, bound, answers })
  try {
    return await dataKeyOf(await opening.shares(signal), header, context)
  } finally {
    opening.wipe()
  }
}

async function dataKeyOf(
  shares: readonly Share[],
  header: Header,
  context: CanonicalContext,
): Promise<DataKey> {
  if (header.keyTable.threshold === 1) {
    const [only] = shares
    if (only === undefined) throw wrongKey('keyCheck')
    return DataKey.take(only.bytes)
  }
  const dek = await DataKey.take(await combineShares(shares))
  const found = await keyCheck(dek.key, header.preambleBytes, context.bytes)
  if (!equalBytes(found, header.keyCheck)) throw wrongKey('keyCheck')
  return dek
}
