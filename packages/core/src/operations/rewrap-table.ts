import { throwIfAborted } from '../abort.ts'
import { checkPrefix } from '../body/prefix.ts'
import { equalBytes, importMacKey } from '../crypto/primitives.ts'
import { isKeywrightError, KeywrightError } from '../errors.ts'
import { type AssociatedData, associatedDataBytes } from '../format/associated-data.ts'
import { type CanonicalContext, type EncryptionContext, keyContext } from '../format/context.ts'
import type { Header } from '../format/header.ts'
import { bodyContext, bodyContextBase } from '../format/key-checks.ts'
import { encodeKeyTable, type KeyTable, type Slot, sameSlotName } from '../format/key-table.ts'
import type { KeyPolicy } from '../keyring/policy.ts'
import { type Candidate, canonicalName } from '../keyring/slot-matching.ts'
import { unwrapSlot, unwrapSlotByVersion } from '../keyring/unwrap-slot.ts'
import { limits } from '../limits.ts'
import type { Kek, KeyContext } from '../provider/contract.ts'
import { expectContext } from './expected-context.ts'
import { keyCheckText, type RewrapReceipt, slotRecord } from './receipt.ts'
import { noSlot, planRewrap, type RewrapPlan } from './rewrap-plan.ts'
import { refuseOldVersion, sharedDek, wrapForTarget } from './rewrap-steps.ts'

/** What every way to rewrap is told. */
export interface RewrapRequest {
  /** KEKs that the envelope is wrapped by now: one of them unwraps, and in the end none has a slot any more. */
  readonly from: readonly Kek[] | Kek
  /** KEKs that it is to be wrapped by. */
  readonly to: readonly Kek[] | Kek
  /**
   * `replace` (default): add slots of `to`, verify them, drop those of `from`. `add`: keep those of `from`.
   * `remove`: drop those of `from` after a slot that each KEK of `to` has already was verified, of every group where it
   * has one; this also finishes a pending rewrap.
   */
  readonly step?: 'replace' | 'add' | 'remove' | undefined
  /**
   * Only wraps: inside the key manager where it can, so that no key is seen here. What is added stays unverified and
   * `from` keeps its slots; the outcome is `pending`.
   */
  readonly wrapOnly?: boolean | undefined
  /** The whole context; default: the stored one is accepted, for a rewrap releases nothing. */
  readonly context?: EncryptionContext | undefined
  /** What the body was sealed with, where the body is at hand. */
  readonly associatedData?: AssociatedData | undefined
  /** Allows a KEK that had no slot for a DEK that other envelopes share: it then opens all of them. */
  readonly allowSharedDek?: boolean | undefined
  /** Allows values that the header withholds to reach a key manager that binds, and logs, them as a map. */
  readonly bindWithheldNatively?: boolean | undefined
  /** Allows a slot that anyone with a public key could have made to become one that looks as if made by a KEK holder. */
  readonly acceptPublicKeyWrap?: boolean | undefined
  /** 32 bytes: recognises concealed slots, and conceals new ones. */
  readonly concealKey?: Uint8Array | undefined
  readonly signal?: AbortSignal | undefined
}

/** Options of {@link rewrapKeyTable}. */
export interface RewrapTableOptions extends RewrapRequest {
  /** The body's first 56 bytes where they are at hand: the commitment is then checked before a slot is dropped. */
  readonly bodyPrefix?: Uint8Array | undefined
}

/** A key table after a rewrap; nothing has been written yet. */
export interface RewrappedTable {
  readonly keyTable: KeyTable
  readonly keyTableBytes: Uint8Array
  /** Whether there is anything to write. */
  readonly changed: boolean
  readonly receipt: RewrapReceipt
}

/**
 * Makes the key table that a rewrap leaves (KW-REW-1 to 7): unwrap the old slot, check, wrap the new one, unwrap it
 * and check again, and only then drop the old. A failure leaves the caller's header as it is.
 *
 * @param header as it stands
 * @param options whose slots come and go
 * @throws KeywrightError `no-matching-key` when `from` (or for a removal `to`) has no slot, unless every KEK of `to`
 * has one: then all was done before, and the outcome is `unchanged`; `policy-mismatch` for a shared DEK or a
 * public-key wrap without its consent, and for a KEK that holds a share of another group; `limit-exceeded` for a
 * table that outgrows its place; `conflict` for a KEK that still wraps by the version its slot has, while `describeKey`
 * tells another; `context-mismatch`; `authentication-failed`; what a key manager answered
 */
export async function rewrapKeyTable(header: Header, options: RewrapTableOptions): Promise<RewrappedTable> {
  throwIfAborted(options.signal)
  const trust = options.context === undefined
  const context = expectContext(
    header.preamble,
    trust ? { trustStoredContext: true } : { context: options.context },
  )
  const concealKey = options.concealKey === undefined ? undefined : await importMacKey(options.concealKey)
  const plan = await planRewrap(header, options, { concealKey })
  const bound = await keyContext(header.keyTable.threshold === 1 ? 'dek' : 'share', context)
  const work: RewrapWork = { header, options, plan, context, bound, naming: { concealKey } }
  if (plan.sources.length === 0) {
    return result(work, { added: [], drop: false, outcome: 'unchanged', checked: 'none' })
  }
  return plan.removes ? removeOnly(work) : wrapThenDrop(work)
}

/** Everything that the steps of one rewrap need. */
export interface RewrapWork {
  readonly header: Header
  readonly options: RewrapTableOptions
  readonly plan: RewrapPlan
  readonly context: CanonicalContext
  readonly bound: KeyContext
  readonly naming: Pick<KeyPolicy, 'concealKey'>
}

async function removeOnly(work: RewrapWork): Promise<RewrappedTable> {
  const { plan } = work
  const keep = await turningSlots(work)
  if (keep.length > 0 && plan.sources.every(({ slot }) => keep.includes(slot))) {
    return result(work, { added: [], drop: false, outcome: 'unchanged', checked: 'none' })
  }
  const others = plan.present.filter(({ slot }) => !isSource(slot, plan) || keep.includes(slot))
  if (!others.some(({ group }) => group === plan.group)) throw noSlot('to')
  const dataKey = await everyUnwrapped(work, others)
  try {
    const checked = await checkLevel(work, dataKey)
    return await result(work, { added: [], keep, drop: true, outcome: 'verified', checked })
  } finally {
    dataKey.fill(0)
  }
}

/** The current slots of KEKs that are source and target at once: what stays when they move to their own new version. */
async function turningSlots({ plan, options }: RewrapWork): Promise<readonly Slot[]> {
  const turning = plan.targets.filter((kek) =>
    plan.present.some((candidate) => candidate.kek === kek && isSource(candidate.slot, plan)),
  )
  const found = await Promise.all(turning.map((kek) => currentSlot(kek, plan, options)))
  return found.flatMap(({ slot }) => slot ?? [])
}

async function wrapThenDrop(work: RewrapWork): Promise<RewrappedTable> {
  const { options, plan } = work
  const wanted = await Promise.all(
    plan.targets.map(async (kek) => ({ kek, ...(await currentSlot(kek, plan, options)) })),
  )
  const missing = wanted.filter(({ slot }) => slot === undefined)
  const keep = wanted.flatMap(({ slot }) => (slot === undefined ? [] : [slot]))
  const nothingToDrop = options.step === 'add' || plan.sources.every(({ slot }) => keep.includes(slot))
  if (missing.length === 0 && nothingToDrop) {
    return result(work, { added: [], drop: false, outcome: 'unchanged', checked: 'none' })
  }
  if (options.wrapOnly === true) return wrapUnseen(work, missing)
  const dataKey = await firstUnwrapped(work, plan.sources)
  try {
    const checked = await checkLevel(work, dataKey)
    const added: Slot[] = []
    for (const { kek, newVersion } of missing) {
      await requireHolder(kek, dataKey, work)
      const slot = await wrapForTarget(kek, dataKey, work)
      added.push(await verifySlot(kek, slot, dataKey, work))
      refuseOldVersion(kek, added.at(-1), newVersion, work)
    }
    for (const { kek, slot } of wanted) if (slot !== undefined) await verifySlot(kek, slot, dataKey, work)
    return await result(work, { added, keep, drop: options.step !== 'add', outcome: 'verified', checked })
  } finally {
    dataKey.fill(0)
  }
}

/**
 * A shared DEK goes without consent only to a KEK that has it already: one of its slots has to open, for a header can
 * list a slot that was never wrapped.
 */
async function requireHolder(kek: Kek, dataKey: Uint8Array, work: RewrapWork): Promise<void> {
  const { header, options, plan } = work
  if (header.preamble.dekUse === 'single' || options.allowSharedDek === true) return
  const own = plan.present.find((candidate) => candidate.kek === kek)
  if (own === undefined) throw sharedDek()
  await verifySlot(kek, own.slot, dataKey, work)
}

/** The pending mode: nothing new is unwrapped, and nothing that was verified goes. */
async function wrapUnseen(work: RewrapWork, missing: readonly Wanted[]): Promise<RewrappedTable> {
  const { preamble } = work.header
  // Unseen, nobody can tell whether a slot that is there already holds the key.
  if (missing.length > 0 && preamble.dekUse === 'shared' && work.options.allowSharedDek !== true) {
    throw sharedDek()
  }
  const added: Slot[] = []
  const old = work.header.keyTable.groups.flatMap(({ slots }) => slots)
  for (const { kek, newVersion } of missing) {
    const slot = await wrapForTarget(kek, undefined, work)
    refuseOldVersion(kek, slot, newVersion, work)
    // A slot of the same name could only take the place of the old one, which has been proved by its use.
    if (!old.some((other) => sameSlotName(other, slot))) added.push(slot)
  }
  return result(work, {
    added,
    drop: false,
    outcome: added.length === 0 ? 'unchanged' : 'pending',
    checked: 'none',
  })
}

/** A target, and what it needs. */
interface Wanted {
  readonly kek: Kek
  /** The slot that it has already and that needs no new one. */
  readonly slot?: Slot | undefined
  /** The version that `describeKey` told, where a slot of it is to replace one of another version. */
  readonly newVersion?: string | undefined
}

/**
 * The slot that a target has already and that needs no new one: any where versions are not told, else the one of the
 * current version.
 */
async function currentSlot(
  kek: Kek,
  plan: RewrapPlan,
  { signal }: RewrapTableOptions,
): Promise<Omit<Wanted, 'kek'>> {
  const own = plan.present.filter((candidate) => candidate.kek === kek)
  if (own.length === 0) return {}
  const isSourceToo = own.some(({ slot }) => isSource(slot, plan))
  const { currentVersion } = await kek.describeKey({ signal })
  const tellVersions = own.some(({ slot }) => slot.keyVersion !== '')
  if (currentVersion !== undefined && tellVersions) {
    const slot = own.find(({ slot }) => slot.keyVersion === currentVersion)?.slot
    return { slot, newVersion: currentVersion }
  }
  // The same KEK as source and target, and no version to compare: the caller asked for a new wrap and gets one.
  return { slot: isSourceToo ? undefined : own[0]?.slot }
}

function isSource(slot: Slot, plan: RewrapPlan): boolean {
  return plan.sources.some((source) => source.slot === slot)
}

/**
 * The key, or one share of it, after every KEK has given its own of every group: one whose slot does not open would
 * otherwise be found out when it is the last.
 */
async function everyUnwrapped(work: RewrapWork, candidates: readonly Candidate[]): Promise<Uint8Array> {
  const owners = work.plan.targets.map((kek) => candidates.filter((candidate) => candidate.kek === kek))
  const shares = owners.flatMap((own) => [...Map.groupBy(own, ({ group }) => group).values()])
  const answers = await Promise.allSettled(shares.map((slots) => firstUnwrapped(work, slots)))
  const keys = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []))
  const failed = answers.find((answer) => answer.status === 'rejected')
  const [first, ...others] = keys
  for (const key of others) key.fill(0)
  if (failed === undefined && first !== undefined) return first
  first?.fill(0)
  throw failed?.reason ?? noSlot('to')
}

async function firstUnwrapped(work: RewrapWork, candidates: readonly Candidate[]): Promise<Uint8Array> {
  let failure: unknown
  const asked = new Map<Kek, number>()
  for (const candidate of candidates) {
    throwIfAborted(work.options.signal)
    const calls = asked.get(candidate.kek) ?? 0
    if (calls >= limits.unwrapCallsPerKek) continue
    asked.set(candidate.kek, calls + 1)
    try {
      return await unwrapSlot(candidate, work.header, work.context, work.bound, work.options.signal)
    } catch (error) {
      if (isKeywrightError(error, 'aborted')) throw error
      failure ??= error
    }
  }
  throw failure ?? noSlot('from')
}

/**
 * Unwraps what was just wrapped and compares: a slot that cannot be opened must not replace one that can.
 *
 * @returns the slot, with the version that the unwrap told where the wrap had told none
 */
async function verifySlot(kek: Kek, slot: Slot, dataKey: Uint8Array, work: RewrapWork): Promise<Slot> {
  const identity = await kek.connect({ signal: work.options.signal })
  const candidate: Candidate = { kek, identity, slot, group: work.plan.group }
  const { signal } = work.options
  const again = await unwrapSlotByVersion(candidate, work.header, work.context, work.bound, signal)
  const same = equalBytes(again.dataKey, dataKey)
  again.dataKey.fill(0)
  if (same) return { ...slot, keyVersion: slot.keyVersion || (again.keyVersion ?? '') }
  const message = 'the new slot does not hold the key that was wrapped'
  throw new KeywrightError('authentication-failed', message, { field: 'slot', key: kek.uri })
}

/** The strongest check that is possible here; a commitment that differs ends the rewrap. */
async function checkLevel(work: RewrapWork, dataKey: Uint8Array): Promise<RewrapReceipt['checked']> {
  const { header, options, context } = work
  if (header.keyTable.threshold > 1) return 'share-check'
  if (options.bodyPrefix === undefined) return 'key-check'
  const associatedData = associatedDataBytes(options.associatedData)
  const bound = bodyContext(bodyContextBase(header.preambleBytes, context.bytes), associatedData)
  const keys = await checkPrefix(await importMacKey(dataKey), bound, options.bodyPrefix)
  keys.baseNonce.fill(0)
  return 'commitment'
}

interface Change {
  readonly added: readonly Slot[]
  /** Slots of `from` that stay because they are what `to` wants. */
  readonly keep?: readonly Slot[]
  readonly drop: boolean
  readonly outcome: RewrapReceipt['outcome']
  readonly checked: RewrapReceipt['checked']
}

function result({ header, plan }: RewrapWork, change: Change): RewrappedTable {
  const goes = (slot: Slot): boolean => {
    if (change.added.some((added) => sameSlotName(added, slot))) return true
    return change.drop && isSource(slot, plan) && change.keep?.includes(slot) !== true
  }
  const { threshold, groups } = header.keyTable
  const old = groups[plan.group]?.slots ?? []
  const slots = [...old.filter((slot) => !goes(slot)), ...change.added]
  const keyTable = {
    threshold,
    groups: groups.map((group, at) => (at === plan.group ? { ...group, slots } : group)),
  }
  const changed = change.outcome !== 'unchanged'
  const uriOf = (slot: Slot): string | undefined => {
    const found = [...plan.sources, ...plan.present].find((candidate) => candidate.slot === slot)
    return found && canonicalName(found)
  }
  const receipt: RewrapReceipt = {
    outcome: change.outcome,
    checked: change.checked,
    keyCheck: keyCheckText(header),
    dekUse: header.preamble.dekUse,
    added: change.added.map((slot) => slotRecord(slot)),
    dropped: old.filter(goes).map((slot) => slotRecord(slot, uriOf(slot))),
    kept: slots.filter((slot) => !change.added.includes(slot)).map((slot) => slotRecord(slot, uriOf(slot))),
    lockOut: 'not-tried',
  }
  return {
    keyTable,
    keyTableBytes: changed ? encodeKeyTable(keyTable) : header.keyTableBytes,
    changed,
    receipt,
  }
}
