import type { RewrapReceipt } from '@keywright/core'
import {
  isKeywrightError,
  type Kek,
  type Keyring,
  KeywrightError,
  keyring,
  proveLockOut,
} from '@keywright/core'
import type { ManagedKey } from '../key-managers/key-manager.ts'
import { bodyOf, context, plaintext, type RewrapHow, type Subject, sealSubject, slotsOf } from './subject.ts'
import type { Variation } from './variation.ts'

/** Two local keys that hold the other shares where k of n agree. */
export type Helpers = readonly [ManagedKey, ManagedKey]

/** What is moved, and how. */
export interface Move {
  readonly from: ManagedKey
  readonly to: ManagedKey
  readonly helpers: Helpers
  readonly variation: Variation
  /** Makes the KEK that the rewrap wraps with; only a mutant gives another than `to` has. */
  readonly target?: ((to: Kek, from: Kek) => Kek) | undefined
}

/** What was seen of a move; all true for one that is right. */
export interface MoveProof {
  /** A rewrap that breaks off leaves every byte as it is, and the old key opens. */
  readonly interruptedLeavesOld: boolean
  readonly outcomeVerified: boolean
  /** While the old key's grant is gone. */
  readonly newReaderOpens: boolean
  readonly bodyIdentical: boolean
  /** `inspect` shows slots of the new key, and none of the old. */
  readonly onlyNewSlots: boolean
  /** The old wrapped bytes are nowhere in the envelope. */
  readonly oldBytesGone: boolean
  /** Asked with the old wrapped bytes, the old key still opens them: they are what has to be refused. */
  readonly oldBytesAreRight: boolean
  /** The same once its grant is gone: refused. Undefined where this key manager has no such thing. */
  readonly oldRefused: boolean | undefined
}

/** The proof of a move that is right, where the old key's grant can be taken away. */
export const proved: MoveProof = {
  interruptedLeavesOld: true,
  outcomeVerified: true,
  newReaderOpens: true,
  bodyIdentical: true,
  onlyNewSlots: true,
  oldBytesGone: true,
  oldBytesAreRight: true,
  oldRefused: true,
}

/** Seals under one key, rewraps to another, and looks at what has to be true then. */
export async function move(work: Move): Promise<MoveProof> {
  const keks: Kek[] = []
  const kek = (key: ManagedKey): Kek => {
    const made = key.kek()
    keks.push(made)
    return made
  }
  const { from, to, helpers, variation } = work
  const [old, next, shares] = [kek(from), kek(to), helpers.map(kek)]
  const subjects = await sealSubjects(old, shares, variation)
  try {
    const oldName = await nameOf(old)
    const how: RewrapHow = { from: old, to: next, ...(await consents(old, next, variation)) }
    const reader = (owner: ManagedKey): Keyring => readerOf(kek(owner), shares, variation)
    const bodies = await Promise.all(subjects.map(bodyOf))
    const interruptedLeavesOld = await each(subjects, (one) => survives(one, how, reader(from)))
    const target = work.target?.(next, old) ?? next
    const receipts: RewrapReceipt[] = []
    for (const subject of subjects) receipts.push(await subject.rewrap({ ...how, to: target }))
    const dropped = receipts.flatMap((receipt) => receipt.dropped)
    const oldBytes = dropped.map(({ wrapped }) => Buffer.from(wrapped, 'base64'))
    const newName = await nameOf(next)
    const asked = { slots: dropped, context, shares: variation.kOfN }
    const answers = async (): Promise<readonly string[]> =>
      (await proveLockOut({ ...asked, keks: [kek(from)] })).map(({ result }) => result)
    const before = await answers()
    const grant = grantOf(from, to)
    await grant.take?.()
    const opened = async (): Promise<boolean> => each(subjects, (one) => opens(one, reader(to)))
    const [after, newReaderOpens] = await Promise.all([grant.take && answers(), opened()]).finally(grant.give)
    return {
      interruptedLeavesOld,
      outcomeVerified: receipts.every(({ outcome, checked }) => {
        return outcome === 'verified' && checked === (variation.kOfN ? 'share-check' : 'commitment')
      }),
      newReaderOpens,
      bodyIdentical: await each(subjects, async (one, at) =>
        (await bodyOf(one)).equals(bodies[at] ?? Buffer.alloc(0)),
      ),
      onlyNewSlots: await each(subjects, async (one) => {
        const names = (await slotsOf(one)).map(({ key }) => key)
        return names.includes(newName) && (oldName === newName || !names.includes(oldName))
      }),
      oldBytesGone: await each(subjects, async (one) => {
        const bytes = await one.bytes()
        return oldBytes.length > 0 && oldBytes.every((wrapped) => !bytes.includes(wrapped))
      }),
      oldBytesAreRight: before.length > 0 && before.every((result) => result === 'still-opens'),
      oldRefused: after && after.length > 0 && after.every((result) => result === 'refused'),
    }
  } finally {
    await Promise.all(subjects.map((subject) => subject.remove()))
    await Promise.all(keks.map((one) => one.close()))
  }
}

/** At one key manager the reader of the new key is who had the grant to the old one: there the key itself is taken away. */
function grantOf(from: ManagedKey, to: ManagedKey): Record<'take' | 'give', ManagedKey['revoke']> {
  const isOne = schemeOf(from) === schemeOf(to) && from.disable !== undefined
  return isOne ? { take: from.disable, give: from.enable } : { take: from.revoke, give: from.restore }
}

function schemeOf({ uri }: ManagedKey): string {
  return uri.slice(0, uri.indexOf(':'))
}

async function sealSubjects(
  old: Kek,
  shares: readonly Kek[],
  variation: Variation,
): Promise<readonly Subject[]> {
  const { kOfN, shared, withheld } = variation
  const keys = keyring({
    ...(kOfN ? { groups: [[old], ...shares.map((kek) => [kek])], threshold: 2 } : { seal: [old] }),
    ...(shared ? { cache: { maxMessages: 10 } } : {}),
    bindWithheldNatively: withheld,
    acceptPublicKeyWrap: kOfN,
  })
  const first = await sealSubject(keys, variation)
  return shared ? [first, await sealSubject(keys, variation)] : [first]
}

/** What this move needs an explicit yes for. */
async function consents(old: Kek, next: Kek, { shared, withheld }: Variation): Promise<Partial<RewrapHow>> {
  const [before, after] = [await old.connect(), await next.connect()]
  const isPublic = (of: typeof before): boolean => of.capabilities.wrapAuthenticity === 'public-key'
  return {
    allowSharedDek: shared,
    bindWithheldNatively: withheld,
    acceptPublicKeyWrap: isPublic(before) && !isPublic(after),
  }
}

/** Where two of three have to agree, one of the three is not at hand: the key in question is then needed. */
function readerOf(kek: Kek, [helper]: readonly Kek[], { kOfN }: Variation): Keyring {
  if (!kOfN || helper === undefined) return keyring({ open: [kek] })
  return keyring({ groups: [[kek], [helper]], threshold: 2, acceptPublicKeyWrap: true })
}

/** A key manager that wraps, and is gone before the new slot can be tried: nothing may have changed. */
async function survives(subject: Subject, how: RewrapHow, reader: Keyring): Promise<boolean> {
  const before = await subject.bytes()
  const gone = new KeywrightError('unavailable', 'gone')
  const [target] = [how.to].flat()
  const broken = { ...target, unwrapKey: () => Promise.reject(gone) } as Kek
  const refused = await subject.rewrap({ ...how, to: broken }).catch((error: unknown) => error)
  if (!isKeywrightError(refused, 'unavailable')) return false
  return before.equals(await subject.bytes()) && opens(subject, reader)
}

async function opens(subject: Subject, reader: Keyring): Promise<boolean> {
  try {
    return (await subject.open(reader)) === plaintext
  } catch (error) {
    if (isKeywrightError(error)) return false
    throw error
  }
}

async function nameOf(kek: Kek): Promise<string> {
  const { reference } = await kek.connect()
  return kek.scheme === 'pkcs11' ? `pkcs11:${reference}` : `${kek.scheme}://${reference}`
}

async function each(
  subjects: readonly Subject[],
  holds: (subject: Subject, at: number) => Promise<boolean>,
): Promise<boolean> {
  const answers: boolean[] = []
  for (const [at, subject] of subjects.entries()) answers.push(await holds(subject, at))
  return answers.every((answer) => answer)
}
