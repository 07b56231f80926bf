import { importMacKey } from '../crypto/primitives.ts'
import { isKeywrightError, KeywrightError } from '../errors.ts'
import { type CanonicalContext, keyContext } from '../format/context.ts'
import { concealedReference, keyCheck, shareCheck } from '../format/key-checks.ts'
import { type KeyTable, type Slot, type SlotGroup, slotKind } from '../format/key-table.ts'
import type { Kek, KeyContext, WrapResult } from '../provider/contract.ts'
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
  await refuseOneKeyTwice(policy, request.signal)
  await refuseLoggedValues(policy, request)
  return policy.threshold === 1 ? wrapWhole(policy, request) : wrapShares(policy, request)
}

/**
 * One KEK under two names, an alias and its own, would hold two shares; readers count one, and could never open. A KEK
 * that cannot be connected has its say when it is to wrap.
 */
async function refuseOneKeyTwice(policy: KeyPolicy, signal: AbortSignal | undefined): Promise<void> {
  const keks = policy.sealGroups.flat()
  if (keks.length === 1) return
  const names = new Set<string>()
  for (const kek of keks) {
    const identity = await kek.connect({ signal }).catch(unlessAborted)
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

function unlessAborted(error: unknown): undefined {
  if (isKeywrightError(error, 'aborted')) throw error
}

async function refuseLoggedValues(
  policy: KeyPolicy,
  { withholds, signal }: WrapDataKeyRequest,
): Promise<void> {
  if (!withholds || policy.bindWithheldNatively) return
  for (const kek of policy.sealGroups.flat()) {
    const { capabilities } = await kek.connect({ signal })
    if (capabilities.contextBinding !== 'native-map') continue
    const message = `${kek.scheme} logs the context that it binds: bindWithheldNatively allows it, or bind the digest`
    throw new KeywrightError('configuration', message, { field: 'bindWithheldNatively', key: kek.uri })
  }
}

async function wrapWhole(policy: KeyPolicy, request: WrapDataKeyRequest): Promise<WrappedDataKey> {
  const keks = policy.sealGroups[0] ?? []
  const bound = await keyContext('dek', request.context)
  const first = await drawOrGenerate(keks, bound, request.signal)
  try {
    const others = keks.filter((kek) => kek !== first.generatedBy)
    const slots = await wrapByAll(others, first.bytes, bound, policy, request.signal)
    if (first.slot !== undefined) slots.unshift(await nameSlot(first.slot.kek, first.slot.result, policy))
    if (slots.length === 0) throw nothingWrapped()
    return await assemble(first.bytes, request, 1, [{ index: 0, shareCheck: new Uint8Array(0), slots }])
  } finally {
    first.bytes.fill(0)
  }
}

interface FirstDataKey {
  readonly bytes: Uint8Array
  readonly generatedBy?: Kek | undefined
  readonly slot?: { readonly kek: Kek; readonly result: WrapResult } | undefined
}

/** A key manager that draws data keys saves the call that would wrap ours; else, and if it fails, we draw. */
async function drawOrGenerate(
  keks: readonly Kek[],
  context: KeyContext,
  signal: AbortSignal | undefined,
): Promise<FirstDataKey> {
  const [kek] = keks
  if (kek === undefined) return { bytes: drawDataKey() }
  try {
    const { capabilities } = await kek.connect({ signal })
    if (!capabilities.generatesDataKeys) return { bytes: drawDataKey() }
    const { dataKey, ...result } = await kek.generateDataKey({ context, signal })
    return { bytes: dataKey, generatedBy: kek, slot: { kek, result } }
  } catch (error) {
    // Alone, this KEK's failure is the failure; among others its wrap is tried below, and reported if it fails too.
    if (keks.length === 1 || isKeywrightError(error, 'aborted')) throw error
    return { bytes: drawDataKey() }
  }
}

async function wrapShares(policy: KeyPolicy, request: WrapDataKeyRequest): Promise<WrappedDataKey> {
  const bound = await keyContext('share', request.context)
  const dek = drawDataKey()
  const n = policy.sealGroups.length
  let shares: readonly Share[] = []
  try {
    shares = await splitDataKey(dek, policy.threshold, n)
    const groups: SlotGroup[] = []
    for (const [at, { index, bytes }] of shares.entries()) {
      const slots = await wrapByAll(policy.sealGroups[at] ?? [], bytes, bound, policy, request.signal)
      if (slots.length === 0) throw nothingWrapped()
      const place = { index, k: policy.threshold, n }
      const key = await importMacKey(bytes)
      groups.push({
        index,
        shareCheck: await shareCheck(key, place, request.preambleBytes, request.context.bytes),
        slots,
      })
    }
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
  keks: readonly Kek[],
  dataKey: Uint8Array,
  context: KeyContext,
  policy: KeyPolicy,
  signal: AbortSignal | undefined,
): Promise<Slot[]> {
  const wraps = keks.map(async (kek) =>
    nameSlot(kek, await kek.wrapKey({ dataKey, context, signal }), policy),
  )
  const results = await Promise.allSettled(wraps)
  const slots: Slot[] = []
  for (const [at, result] of results.entries()) {
    if (result.status === 'fulfilled') {
      slots.push(result.value)
      continue
    }
    const error: unknown = result.reason
    if (policy.proceed === undefined || !isKeywrightError(error) || error.code === 'aborted') throw error
    policy.proceed({ key: keks[at]?.uri ?? '', code: error.code })
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
