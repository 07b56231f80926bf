import { createReadStream } from 'node:fs'
import {
  type ErrorCode,
  type Inspection,
  KeywrightError,
  proveLockOut,
  type RewrapReceipt,
} from '@keywright/core'
import { inspectFile } from '@keywright/files'
import { findBytes } from './find-bytes.ts'
import { type OldKeys, slotsOf } from './old-keys.ts'
import type { ReceiptLine } from './receipt-lines.ts'

type SlotRecord = RewrapReceipt['dropped'][number]

/** What an old key answered to one of its old wrapped keys. */
export interface Answer {
  readonly key: string
  readonly keyVersion: string
  readonly result: 'refused' | 'still-opens' | 'not-tried'
  readonly code?: ErrorCode | undefined
}

/** What was seen of one file; the old keys are locked out of it when all three say so. */
export interface LockOutProof {
  readonly path: string
  readonly keyCheck: string
  readonly dekUse: 'single' | 'shared'
  /** Slots of the old keys in the key table. */
  readonly oldSlots: readonly string[]
  /** Whether a wrapped key of theirs stands anywhere in the file. */
  readonly oldBytes: boolean
  readonly asked: readonly Answer[]
}

/** What is known of all files together. */
export interface Rewraps {
  /** Keys that got slots: of these, only versions that lost them are old. */
  readonly added: ReadonlySet<string>
  /** `KEY VERSION` of all slots that were dropped. */
  readonly dropped: ReadonlySet<string>
}

/**
 * Looks for what old keys could still open in one file, and asks them directly.
 *
 * @param lines of all rewraps of the file, in their order
 * @param keys that have to be locked out
 * @param rewraps all that the receipts tell
 * @param stated the whole context where the user states it
 * @param signal of the run
 * @throws KeywrightError `invalid-argument` where withheld values are not stated, `context-mismatch`, what reading the
 * file gives
 */
export async function proveOne(
  lines: readonly [ReceiptLine, ...ReceiptLine[]],
  keys: OldKeys,
  rewraps: Rewraps,
  stated: Readonly<Record<string, string>> | undefined,
  signal: AbortSignal,
): Promise<LockOutProof> {
  const [{ path, threshold, receipt }] = lines
  const { keyCheck, dekUse } = receipt
  const dropped = lines.flatMap((line) => line.receipt.dropped)
  const distinct = [...new Map(dropped.map((slot) => [slot.wrapped, slot])).values()]
  const slots = await slotsOf(distinct, keys)
  const context = contextOf(lines[0], stated)
  const names = new Set([...keys.names, ...slots.map(({ key }) => key)])
  const { groups } = await inspectFile(path)
  const wanted = slots.map(({ wrapped }) => Buffer.from(wrapped, 'base64'))
  const answers = await proveLockOut({ slots, keks: keys.keks, context, shares: threshold > 1, signal })
  return {
    path,
    keyCheck,
    dekUse,
    oldSlots: groups.flatMap((group) => group.slots.flatMap((slot) => oldName(slot, names, rewraps))),
    oldBytes: wanted.length > 0 && (await findBytes(createReadStream(path), wanted)),
    asked: slots.map((slot, at) => answerOf(slot, answers[at], keys)),
  }
}

function answerOf(
  { key, keyVersion }: SlotRecord,
  answer: Awaited<ReturnType<typeof proveLockOut>>[number] | undefined,
  { failures }: OldKeys,
): Answer {
  const { result = 'not-tried', code } = answer ?? {}
  return { key, keyVersion, result, code: code ?? failures.get(key.split(':')[0] ?? '')?.code }
}

function oldName(
  { key = '', keyVersion }: Inspection['groups'][number]['slots'][number],
  names: ReadonlySet<string>,
  { added, dropped }: Rewraps,
): readonly string[] {
  if (!names.has(key)) return []
  const isOldVersion = keyVersion !== '' && dropped.has(`${key} ${keyVersion}`)
  return !added.has(key) || isOldVersion ? [`${key} ${keyVersion}`.trim()] : []
}

/** A key manager may refuse by the context alone: what it is asked with has to be that of the envelope. */
function contextOf(
  { context, withheldNames }: ReceiptLine,
  stated: Readonly<Record<string, string>> | undefined,
): Readonly<Record<string, string>> {
  if (stated === undefined) {
    if (withheldNames.length === 0) return context
    const message = `the values of ${withheldNames.join(', ')} are in no receipt: state the whole context by --context`
    throw new KeywrightError('invalid-argument', message, { field: '--context' })
  }
  const expected = [...Object.keys(context), ...withheldNames]
  const isSame =
    Object.keys(stated).length === expected.length &&
    expected.every((name) => Object.hasOwn(stated, name)) &&
    Object.entries(context).every(([name, value]) => stated[name] === value)
  if (isSame) return stated
  throw new KeywrightError('context-mismatch', 'another context is stated than it was rewrapped with', {
    field: 'context',
  })
}
