import { throwIfAborted } from '../abort.ts'
import { equalBytes, importMacKey } from '../crypto/primitives.ts'
import { type ErrorCode, isKeywrightError, KeywrightError, type SlotFailure } from '../errors.ts'
import { type CanonicalContext, keyContext } from '../format/context.ts'
import type { Header } from '../format/header.ts'
import { keyCheck, shareCheck } from '../format/key-checks.ts'
import type { KeyTable, Slot } from '../format/key-table.ts'
import { limits } from '../limits.ts'
import type { KeyContext } from '../provider/contract.ts'
import { DataKey } from './data-key.ts'
import type { KeyPolicy } from './policy.ts'
import { combineShares, type Share } from './shares.ts'
import { failureOfAll } from './slot-failures.ts'
import { type Candidate, canonicalName, matchSlots } from './slot-matching.ts'

/** That a slot unwraps to the key, or share, of its envelope, or why not. */
export type SlotAnswer = 'verified' | ErrorCode

/**
 * Unwraps an envelope's DEK with the KEKs of a policy and checks it, steps 6 to 9 of the reading order (KW-OPN-1).
 *
 * @param header what was decoded; its context has been compared with the expected one
 * @param policy the reader's
 * @param context the full context
 * @param answers where given, learns what each slot that was asked answered
 * @throws KeywrightError `policy-mismatch` or `no-matching-key` before any call; otherwise the code of what the
 * slots answered, with each answer in `details.slots`
 */
export async function unwrapDataKey(
  header: Header,
  policy: KeyPolicy,
  context: CanonicalContext,
  signal: AbortSignal | undefined,
  answers?: Map<Slot, SlotAnswer>,
): Promise<DataKey> {
  const match = await matchSlots(header.keyTable, policy, signal)
  const failures: SlotFailure[] = [...match.failures]
  const shares: Share[] = []
  const bound = await keyContext(header.keyTable.threshold === 1 ? 'dek' : 'share', context)
  try {
    const opened = new Set<number>()
    const counted = new Set<string>()
    for (const candidates of match.byGroup) {
      const share = await firstShare(
        candidates.filter((one) => !opened.has(one.group) && !counted.has(canonicalName(one))),
        header,
        context,
        bound,
        failures,
        signal,
        answers,
      )
      if (share === undefined) continue
      opened.add(share.group)
      counted.add(share.by)
      shares.push(share)
      if (shares.length === header.keyTable.threshold) return await dataKeyOf(shares, header, context)
    }
  } finally {
    for (const { bytes } of shares) bytes.fill(0)
  }
  throw failureOfAll(failures)
}

/** Tries slots in the configured order until one gives a share that passes its check. */
async function firstShare(
  candidates: readonly Candidate[],
  header: Header,
  context: CanonicalContext,
  bound: KeyContext,
  failures: SlotFailure[],
  signal: AbortSignal | undefined,
  answers: Map<Slot, SlotAnswer> | undefined,
): Promise<(Share & { readonly group: number; readonly by: string }) | undefined> {
  for (const candidate of candidates) {
    throwIfAborted(signal)
    try {
      const bytes = await unwrapSlot(candidate, header, context, bound, signal)
      answers?.set(candidate.slot, 'verified')
      const index = header.keyTable.groups[candidate.group]?.index ?? 0
      return { index, bytes, group: candidate.group, by: canonicalName(candidate) }
    } catch (error) {
      if (!isKeywrightError(error) || error.code === 'aborted') throw error
      failures.push({ key: candidate.kek.uri, code: error.code })
      answers?.set(candidate.slot, error.code)
    }
  }
  return undefined
}

/**
 * Unwraps one slot and checks what came back against the key check, or the group's share check.
 *
 * @returns 32 bytes, for the caller to zero-fill
 * @throws KeywrightError what the key manager answered, `invalid-response` or `authentication-failed`
 */
export async function unwrapSlot(
  { kek, slot, identity, group }: Candidate,
  header: Header,
  context: CanonicalContext,
  bound: KeyContext,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const { dataKey } = await kek.unwrapKey({
    wrapped: slot.wrapped,
    reference: typeof slot.reference === 'string' ? slot.reference : identity.reference,
    keyVersion: slot.keyVersion,
    algorithm: slot.algorithm,
    context: bound,
    signal,
  })
  try {
    await checkUnwrapped(dataKey, header, group, context)
    return dataKey
  } catch (error) {
    dataKey.fill(0)
    throw error
  }
}

/**
 * Checks unwrapped bytes: exactly 32 of them, before any derivation, for HMAC would pad or hash other lengths into
 * a key all the same; then the share check of their group, or without shares the key check.
 *
 * @param group position of the group in the table
 * @throws KeywrightError `invalid-response` or `authentication-failed`
 */
export async function checkUnwrapped(
  dataKey: Uint8Array,
  header: Header,
  group: number,
  context: CanonicalContext,
): Promise<void> {
  if (dataKey.length !== limits.dataKeyBytes) {
    throw new KeywrightError('invalid-response', 'an unwrapped key has exactly 32 bytes', {
      field: 'dataKey',
    })
  }
  const key = await importMacKey(dataKey)
  const { preambleBytes, keyTable } = header
  const place = keyTable.groups[group]
  if (keyTable.threshold === 1 || place === undefined) {
    const found = await keyCheck(key, preambleBytes, context.bytes)
    if (!equalBytes(found, header.keyCheck)) throw wrongKey('keyCheck')
    return
  }
  const numbers = shareNumbers(keyTable, place.index)
  const found = await shareCheck(key, numbers, preambleBytes, context.bytes)
  if (!equalBytes(found, place.shareCheck)) throw wrongKey('shareCheck')
}

function shareNumbers(table: KeyTable, index: number): { index: number; k: number; n: number } {
  return { index, k: table.threshold, n: table.groups.length }
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

function wrongKey(field: string): KeywrightError {
  const message = 'the unwrapped key is not the one of this envelope: wrong context, or an altered header'
  return new KeywrightError('authentication-failed', message, { field })
}
