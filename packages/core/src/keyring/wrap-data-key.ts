import { importMacKey } from '../crypto/primitives.ts'
import { isKeywrightError, KeywrightError } from '../errors.ts'
import { type CanonicalContext, keyContext } from '../format/context.ts'
import { concealedReference, keyCheck, shareCheck } from '../format/key-checks.ts'
import { type KeyTable, type Slot, type SlotGroup, slotKind } from '../format/key-table.ts'
import type { Kek, KekIdentity, KeyContext, WrapResult } from '../provider/contract.ts'
import { DataKey } from './data-key.ts'
import type { KeyPolicy } from './policy.ts'
import { drawDataKey, type Share, splitDataKey } from './shares.ts'
import { canonicalName } from './slot-matching.ts'

/** A new DEK with everything of a header that depends on it. */
export interface WrappedDataKey {
  readonly dataKey: DataKey
  /** 16 bytes. */
  readonly keyCheck: Uint8Array
  readonly keyTable: KeyTable
}

/** What a new DEK is made for. */
export interface WrapDataKeyRequest {
  readonly context: CanonicalContext
  readonly preambleBytes: Uint8Array
  /** Whether values are withheld from the header, and so from key managers that log what they bind. */
  readonly withholds: boolean
  readonly signal?: AbortSignal | undefined
}

/**
 * Draws a DEK and wraps it by every KEK that the policy seals with.
 *
 * @throws KeywrightError `configuration` for a keyring that cannot seal; what a KEK answered, unless the policy
 * proceeds without it and at least one KEK of every group did wrap
 */
export async function wrapNewDataKey(
  policy: KeyPolicy,
  request: WrapDataKeyRequest,
): Promise<WrappedDataKey> {
  if (policy.sealGroups.length === 0) {
    throw new KeywrightError('configuration', 'this keyring has no key to seal with', { field: 'seal' })
  }
  const groups = await connectAll(policy, request.signal)
  refuseOneKeyTwice(groups.flat())
  refuseLoggedValues(groups.flat(), policy, request)
  return policy.threshold === 1
    ? wrapWhole(groups[0] ?? [], policy, request)
    : wrapShares(groups, policy, request)
}

/** A KEK to seal with: who it is, or why it cannot be asked. */
interface Sealer {
  readonly kek: Kek
  readonly identity?: KekIdentity | undefined
  readonly failure?: unknown
}

/** All at once, and each once: a key manager that is down is to cost one deadline, not one for each step. */
async function connectAll(
  policy: KeyPolicy,
  signal: AbortSignal | undefined,
): Promise<readonly (readonly Sealer[])[]> {
  const connected = async (kek: Kek): Promise<Sealer> => {
    try {
      return { kek, identity: await kek.connect({ signal }) }
    } catch (failure) {
      if (isKeywrightError(failure, 'aborted')) throw failure
      return { kek, failure }
    }
  }
  return Promise.all(policy.sealGroups.map((keks) => Promise.all(keks.map(connected))))
}

/**
 * One KEK under two names, an alias and its own, would hold two shares; readers count one, and could never open. A KEK
 * that cannot be connected has its say when it is to wrap.
 */
function refuseOneKeyTwice(sealers: readonly Sealer[]): void {
  const names = new Set<string>()
  for (const { kek, identity } of sealers) {
    if (identity === undefined) continue
    const name = canonicalName({ kek, identity })
    if (!names.has(name)) names.add(name)
    else
      throw new KeywrightError('configuration', 'two of the keys to seal with are one', {
        field: 'seal',
        key: name,
      })
  }
}

function refuseLoggedValues(
  sealers: readonly Sealer[],
  policy: KeyPolicy,
  { withholds }: WrapDataKeyRequest,
): void {
  if (!withholds || policy.bindWithheldNatively) return
  for (const { kek, identity } of sealers) {
    if (identity?.capabilities.contextBinding !== 'native-map') continue
    const message = `${kek.scheme} logs the context that it binds: bindWithheldNatively allows it, or bind the digest`
    throw new KeywrightError('configuration', message, { field: 'bindWithheldNatively', key: kek.uri })
  }
}

async function wrapWhole(
  sealers: readonly Sealer[],
  policy: KeyPolicy,
  request: WrapDataKeyRequest,
): Promise<WrappedDataKey> {
  const bound = await keyContext('dek', request.context)
  const first = await drawOrGenerate(sealers, bound, request.signal)
  try {
    const slots = await wrapByAll(first.others, first.bytes, bound, policy, request.signal)
    if (first.slot !== undefined) slots.unshift(await nameSlot(first.slot.kek, first.slot.result, policy))
    if (slots.length === 0) throw nothingWrapped()
    return await assemble(first.bytes, request, 1, [{ index: 0, shareCheck: new Uint8Array(0), slots }])
  } finally {
    first.bytes.fill(0)
  }
}

interface FirstDataKey {
  readonly bytes: Uint8Array
  /** Who made it, and has wrapped it. */
  readonly slot?: { readonly kek: Kek; readonly result: WrapResult } | undefined
  readonly others: readonly Sealer[]
}

/** A key manager that draws data keys saves the call that would wrap ours; else, and if it fails, we draw. */
async function drawOrGenerate(
  sealers: readonly Sealer[],
  context: KeyContext,
  signal: AbortSignal | undefined,
): Promise<FirstDataKey> {
  const [first, ...others] = sealers
  if (first?.identity?.capabilities.generatesDataKeys !== true)
    return { bytes: drawDataKey(), others: sealers }
  const { kek } = first
  try {
    const { dataKey, ...result } = await kek.generateDataKey({ context, signal })
    return { bytes: dataKey, slot: { kek, result }, others }
  } catch (failure) {
    if (others.length === 0 || isKeywrightError(failure, 'aborted')) throw failure
    // Among others its wrap is tried beside theirs, and reported if it fails too; but not after a whole deadline.
    const spent = isKeywrightError(failure, 'timeout')
    return { bytes: drawDataKey(), others: [spent ? { kek, failure } : first, ...others] }
  }
}

async function wrapShares(
  sealers: readonly (readonly Sealer[])[],
  policy: KeyPolicy,
  request: WrapDataKeyRequest,
): Promise<WrappedDataKey> {
  const bound = await keyContext('share', request.context)
  const dek = drawDataKey()
  const n = sealers.length
  let shares: readonly Share[] = []
  try {
    shares = await splitDataKey(dek, policy.threshold, n)
    const wrapGroup = async ({ index, bytes }: Share, at: number): Promise<SlotGroup> => {
      const slots = await wrapByAll(sealers[at] ?? [], bytes, bound, policy, request.signal)
      if (slots.length === 0) throw nothingWrapped()
      const place = { index, k: policy.threshold, n }
      const key = await importMacKey(bytes)
      const check = await shareCheck(key, place, request.preambleBytes, request.context.bytes)
      return { index, shareCheck: check, slots }
    }
    // Every group has settled before the shares are zero-filled, whatever another one answers.
    const settled = await Promise.allSettled(shares.map(wrapGroup))
    const groups = settled.map((group) => {
      if (group.status === 'rejected') throw group.reason
      return group.value
    })
    return await assemble(dek, request, policy.threshold, groups)
  } finally {
    dek.fill(0)
    for (const { bytes } of shares) bytes.fill(0)
  }
}

async function assemble(
  bytes: Uint8Array,
  request: WrapDataKeyRequest,
  threshold: number,
  groups: readonly SlotGroup[],
): Promise<WrappedDataKey> {
  const dataKey = await DataKey.take(bytes)
  const check = await keyCheck(dataKey.key, request.preambleBytes, request.context.bytes)
  return { dataKey, keyCheck: check, keyTable: { threshold, groups } }
}

/** Wraps by all KEKs at once; a failure ends the seal, or with a policy that proceeds is reported and left out. */
async function wrapByAll(
  sealers: readonly Sealer[],
  dataKey: Uint8Array,
  context: KeyContext,
  policy: KeyPolicy,
  signal: AbortSignal | undefined,
): Promise<Slot[]> {
  const wraps = sealers.map(async ({ kek, identity, failure }) => {
    if (identity === undefined) throw failure
    return nameSlot(kek, await kek.wrapKey({ dataKey, context, signal }), policy)
  })
  const results = await Promise.allSettled(wraps)
  const slots: Slot[] = []
  for (const [at, result] of results.entries()) {
    if (result.status === 'fulfilled') {
      slots.push(result.value)
      continue
    }
    const error: unknown = result.reason
    if (policy.proceed === undefined || !isKeywrightError(error) || error.code === 'aborted') throw error
    policy.proceed({ key: sealers[at]?.kek.uri ?? '', code: error.code })
  }
  return slots
}

/**
 * The slot of a wrapped key, its reference concealed where the policy conceals.
 *
 * @param kek who wrapped
 * @param result what it answered
 */
export async function nameSlot(
  kek: Kek,
  result: WrapResult,
  policy: Pick<KeyPolicy, 'concealKey'>,
): Promise<Slot> {
  const { reference } = await kek.connect()
  const { wrapped, keyVersion = '', algorithm } = result
  const common = { scheme: kek.scheme, keyVersion, algorithm, wrapped }
  if (policy.concealKey === undefined) return { kind: slotKind.plain, reference, ...common }
  const concealed = await concealedReference(await policy.concealKey, wrapped, kek.scheme, reference)
  return { kind: slotKind.concealed, reference: concealed, ...common }
}

function nothingWrapped(): KeywrightError {
  return new KeywrightError('unavailable', 'no key of a group could wrap the new data key')
}
