import { isKeywrightError, KeywrightError } from '../errors.ts'
import type { Header } from '../format/header.ts'
import { type Slot, sameSlotName } from '../format/key-table.ts'
import type { Candidate } from '../keyring/slot-matching.ts'
import { unwrapSlot } from '../keyring/unwrap-slot.ts'
import { nameSlot } from '../keyring/wrap-data-key.ts'
import type { Kek, WrapResult } from '../provider/contract.ts'
import type { RewrapPlan } from './rewrap-plan.ts'
import type { RewrapTableOptions, RewrapWork } from './rewrap-table.ts'

/**
 * What needs the caller's explicit consent, checked before any key is touched.
 *
 * @throws KeywrightError `policy-mismatch`, with the option that allows it as field
 */
export async function checkRewrap(
  header: Header,
  options: RewrapTableOptions,
  { sources, present, targets, removes }: Omit<RewrapPlan, 'group'>,
): Promise<void> {
  if (removes) return
  const isNew = (kek: Kek): boolean => !present.some((candidate) => candidate.kek === kek)
  if (header.preamble.dekUse === 'shared' && options.allowSharedDek !== true && targets.some(isNew)) {
    throw sharedDek()
  }
  const forgeable = sources.some(({ identity }) => identity.capabilities.wrapAuthenticity === 'public-key')
  if (!forgeable || options.acceptPublicKeyWrap === true) return
  for (const kek of targets) {
    const { capabilities } = await kek.connect({ signal: options.signal })
    if (capabilities.wrapAuthenticity === 'public-key') continue
    const message =
      'anyone with the public key could have made the old slot, and the new one would not show it: acceptPublicKeyWrap allows it'
    throw new KeywrightError('policy-mismatch', message, { field: 'acceptPublicKeyWrap' })
  }
}

/** The refusal to give a shared DEK to a KEK that has not got it. */
export function sharedDek(): KeywrightError {
  const message =
    'this data key is in other envelopes too, and the new key would open them all: allowSharedDek allows it'
  return new KeywrightError('policy-mismatch', message, { field: 'allowSharedDek' })
}

/**
 * Wraps a key for one target.
 *
 * @param kek the target
 * @param dataKey the key, or undefined to have it rewrapped unseen inside the key manager where that can be
 * @param work the rewrap
 */
export async function wrapForTarget(
  kek: Kek,
  dataKey: Uint8Array | undefined,
  work: RewrapWork,
): Promise<Slot> {
  const { bound: context, options } = work
  await refuseLoggedValues(kek, work)
  if (dataKey !== undefined) {
    return nameSlot(kek, await kek.wrapKey({ dataKey, context, signal: options.signal }), work.naming)
  }
  const inside = await rewrapInside(kek, work)
  if (inside !== undefined) return nameSlot(kek, inside, work.naming)
  const seen = await unwrapFirst(work)
  try {
    return await nameSlot(
      kek,
      await kek.wrapKey({ dataKey: seen, context, signal: options.signal }),
      work.naming,
    )
  } finally {
    seen.fill(0)
  }
}

/**
 * Some key managers wrap by the old version for a while after a rotation. A slot of it would pass for the new one, and
 * be lost with the version that the owner then thinks unused.
 *
 * @param kek the target
 * @param slot what it wrapped
 * @param newVersion what `describeKey` told, where the slot is to replace one of another version
 * @param work the rewrap
 * @throws KeywrightError `conflict`
 */
export function refuseOldVersion(
  kek: Kek,
  slot: Slot | undefined,
  newVersion: string | undefined,
  { plan }: RewrapWork,
): void {
  const told = slot?.keyVersion ?? ''
  if (slot === undefined || told === '' || newVersion === undefined || told === newVersion) return
  if (!plan.present.some((own) => own.kek === kek && sameSlotName(own.slot, slot))) return
  const message = `the key has a version ${newVersion}, and still wraps by ${told}: try again later`
  throw new KeywrightError('conflict', message, { field: 'keyVersion', key: kek.uri })
}

/** Undefined where the key manager cannot do it for this pair, and a wrap from here has to serve. */
async function rewrapInside(kek: Kek, { plan, bound, options }: RewrapWork): Promise<WrapResult | undefined> {
  const { capabilities } = await kek.connect({ signal: options.signal })
  const source = plan.sources.find(({ slot }) => slot.scheme === kek.scheme)
  if (!capabilities.serverSideRewrap || source === undefined) return undefined
  const { slot, identity } = source
  const reference = typeof slot.reference === 'string' ? slot.reference : identity.reference
  const { wrapped, keyVersion, algorithm } = slot
  try {
    return await kek.rewrapKey({
      wrapped,
      reference,
      keyVersion,
      algorithm,
      context: bound,
      signal: options.signal,
    })
  } catch (error) {
    if (isKeywrightError(error, 'unsupported')) return undefined
    throw error
  }
}

async function unwrapFirst({ plan, header, context, bound, options }: RewrapWork): Promise<Uint8Array> {
  const [first]: readonly Candidate[] = plan.sources
  if (first === undefined) throw new KeywrightError('no-matching-key', 'no slot to unwrap', { field: 'from' })
  return unwrapSlot(first, header, context, bound, options.signal)
}

/** Withheld values stay out of a log that they were kept out of so far. */
async function refuseLoggedValues(kek: Kek, { header, options }: RewrapWork): Promise<void> {
  if (header.preamble.withheldNames.length === 0 || options.bindWithheldNatively === true) return
  const { capabilities } = await kek.connect({ signal: options.signal })
  if (capabilities.contextBinding !== 'native-map') return
  const message = `${kek.scheme} logs the context that it binds, and values are withheld here: bindWithheldNatively allows it, or bind the digest`
  throw new KeywrightError('policy-mismatch', message, { field: 'to', key: kek.uri })
}
