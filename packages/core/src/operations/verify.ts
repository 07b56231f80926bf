import { isKeywrightError } from '../errors.ts'
import { type CanonicalContext, keyContext } from '../format/context.ts'
import type { Header } from '../format/header.ts'
import type { Slot } from '../format/key-table.ts'
import { nearestFirst } from '../keyring/open-strategy.ts'
import type { SlotAnswer } from '../keyring/opening.ts'
import type { KeyPolicy } from '../keyring/policy.ts'
import { type Candidate, canonicalName, matchingSlots } from '../keyring/slot-matching.ts'
import { unwrapDataKey } from '../keyring/unwrap-data-key.ts'
import { unwrapSlot } from '../keyring/unwrap-slot.ts'
import { limits } from '../limits.ts'
import type { KeyContext } from '../provider/contract.ts'
import { expectContext } from './expected-context.ts'
import { anyHeader, type Envelope, open } from './open.ts'
import type { OpenOptions } from './open-session.ts'
import { type SlotRecord, slotRecord } from './receipt.ts'

/** Options of {@link verify} and {@link verifyHeader}; a context left out accepts the stored one: nothing is released. */
export type VerifyOptions = Omit<OpenOptions, 'trustStoredContext'>

/** What one slot of a configured KEK answered. */
export interface SlotVerdict extends SlotRecord {
  /**
   * `verified`: it unwraps to the key of this envelope. Otherwise why not; `limit-exceeded` for one that was not asked
   * because its KEK had been asked twice, as a header must not be a way to run up a bill.
   */
  readonly result: SlotAnswer
}

/** What a verification found; it throws where the envelope does not open. */
export interface VerifyReport {
  /** How much was read: the whole body, or the header alone. */
  readonly level: 'body' | 'header'
  /** The full context, as stated by the caller or as stored. */
  readonly context: Readonly<Record<string, string>>
  /** Whether the context was accepted from the header instead of stated. */
  readonly trustedStoredContext: boolean
  /** Every slot of a configured KEK, at the level `header`. */
  readonly slots: readonly SlotVerdict[]
  /** Authenticated plaintext bytes, at the level `body`. */
  readonly plaintextBytes?: number | undefined
}

/**
 * Reads and authenticates a whole envelope, and releases nothing.
 *
 * @param envelope of any layout
 * @param options the keyring, and what the envelope is bound to
 * @throws KeywrightError the codes of `open`
 */
export async function verify(envelope: Envelope, options: VerifyOptions): Promise<VerifyReport> {
  const expected = expectation(options)
  const header = await anyHeader(envelope)
  const context = expectContext(header.preamble, expected)
  const plaintext = await open(envelope, { ...options, context: Object.fromEntries(context.pairs) })
  const plaintextBytes = plaintext.length
  plaintext.fill(0)
  return report('body', context.pairs, expected, [], plaintextBytes)
}

/**
 * Checks the keys of an envelope without its body: each slot of a configured KEK is unwrapped and checked. That the
 * body belongs to them only {@link verify} can tell.
 *
 * @param envelope header bytes, or a whole envelope
 * @param options the keyring, and the context
 * @throws KeywrightError the codes of `open`, where too few slots are good to open it
 */
export function verifyHeader(envelope: Envelope, options: VerifyOptions): Promise<VerifyReport> {
  return options.keys.withKeks(async (policy) => askedSlots(await anyHeader(envelope), options, policy))
}

/** {@link verifyHeader} for a header that was decoded already. */
export function verifyDecodedHeader(header: Header, options: VerifyOptions): Promise<VerifyReport> {
  return options.keys.withKeks((policy) => askedSlots(header, options, policy))
}

async function askedSlots(header: Header, options: VerifyOptions, policy: KeyPolicy): Promise<VerifyReport> {
  const { signal } = options
  const expected = expectation(options)
  const context = expectContext(header.preamble, expected)
  const answers = new Map<Slot, SlotAnswer>()
  // Every slot is asked in the end: nobody is to be overtaken.
  const patient = { ...policy, openStrategy: nearestFirst }
  const dataKey = await unwrapDataKey(header, patient, context, signal, answers)
  dataKey.wipe()
  const bound = await keyContext(header.keyTable.threshold === 1 ? 'dek' : 'share', context)
  const candidates = await allCandidates(header, policy, signal)
  for (const candidate of candidates) {
    const { slot, kek } = candidate
    const asked = candidates.filter((one) => one.kek === kek && answers.has(one.slot)).length
    if (answers.has(slot) || asked >= limits.unwrapCallsPerKek) continue
    answers.set(slot, await answerOf(candidate, header, context, bound, signal))
  }
  const slots = candidates.map((candidate) => ({
    ...slotRecord(candidate.slot, canonicalName(candidate)),
    result: answers.get(candidate.slot) ?? ('limit-exceeded' as const),
  }))
  return report('header', context.pairs, expected, slots, undefined)
}

async function answerOf(
  candidate: Candidate,
  header: Header,
  context: CanonicalContext,
  bound: KeyContext,
  signal: AbortSignal | undefined,
): Promise<SlotAnswer> {
  try {
    const bytes = await unwrapSlot(candidate, header, context, bound, signal)
    bytes.fill(0)
    return 'verified'
  } catch (error) {
    if (!isKeywrightError(error) || error.code === 'aborted') throw error
    return error.code
  }
}

async function allCandidates(
  header: Header,
  policy: KeyPolicy,
  signal: AbortSignal | undefined,
): Promise<readonly Candidate[]> {
  const found: Candidate[] = []
  for (const kek of policy.openGroups.flat()) {
    try {
      found.push(...(await matchingSlots(kek, header.keyTable, policy, signal)))
    } catch (error) {
      // A KEK that cannot be connected has no say here: whether the envelope opens without it was found out above.
      if (!isKeywrightError(error) || error.code === 'aborted') throw error
    }
  }
  return found
}

function expectation({ context }: VerifyOptions): Pick<OpenOptions, 'context' | 'trustStoredContext'> {
  return context === undefined ? { trustStoredContext: true } : { context }
}

function report(
  level: VerifyReport['level'],
  pairs: ReadonlyMap<string, string>,
  expected: Pick<OpenOptions, 'trustStoredContext'>,
  slots: readonly SlotVerdict[],
  plaintextBytes: number | undefined,
): VerifyReport {
  const trustedStoredContext = expected.trustStoredContext === true
  return { level, context: Object.fromEntries(pairs), trustedStoredContext, slots, plaintextBytes }
}
