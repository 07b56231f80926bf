import { equalBytes, importMacKey } from '../crypto/primitives.ts'
import { KeywrightError } from '../errors.ts'
import type { CanonicalContext } from '../format/context.ts'
import type { Header } from '../format/header.ts'
import { keyCheck, shareCheck } from '../format/key-checks.ts'
import type { KeyTable } from '../format/key-table.ts'
import { limits } from '../limits.ts'
import type { KeyContext, UnwrapResult } from '../provider/contract.ts'
import type { Candidate } from './slot-matching.ts'

/**
 * Unwraps one slot and checks what came back against the key check, or the group's share check.
 *
 * @returns 32 bytes, for the caller to zero-fill
 * @throws KeywrightError what the key manager answered, `invalid-response` or `authentication-failed`
 */
export async function unwrapSlot(
  candidate: Candidate,
  header: Header,
  context: CanonicalContext,
  bound: KeyContext,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  return (await unwrapSlotByVersion(candidate, header, context, bound, signal)).dataKey
}

/**
 * As {@link unwrapSlot}, for whoever also wants the version that the key manager says it used.
 *
 * @returns the key, for the caller to zero-fill, and the version where it is told
 * @throws KeywrightError as {@link unwrapSlot}
 */
export async function unwrapSlotByVersion(
  { kek, slot, identity, group }: Candidate,
  header: Header,
  context: CanonicalContext,
  bound: KeyContext,
  signal: AbortSignal | undefined,
): Promise<Pick<UnwrapResult, 'dataKey' | 'keyVersion'>> {
  const { dataKey, keyVersion } = await kek.unwrapKey({
    wrapped: slot.wrapped,
    reference: typeof slot.reference === 'string' ? slot.reference : identity.reference,
    keyVersion: slot.keyVersion,
    algorithm: slot.algorithm,
    context: bound,
    signal,
  })
  try {
    await checkUnwrapped(dataKey, header, group, context)
    return { dataKey, keyVersion }
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

/** The error for a key that is not the one of its envelope. */
export function wrongKey(field: string): KeywrightError {
  const message = 'the unwrapped key is not the one of this envelope: wrong context, or an altered header'
  return new KeywrightError('authentication-failed', message, { field })
}
