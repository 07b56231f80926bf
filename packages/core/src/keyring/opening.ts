import { abortedError } from '../abort.ts'
import { type ErrorCode, isKeywrightError, KeywrightError, type SlotFailure } from '../errors.ts'
import type { CanonicalContext } from '../format/context.ts'
import type { Header } from '../format/header.ts'
import type { Slot } from '../format/key-table.ts'
import { limits } from '../limits.ts'
import type { Kek, KeyContext } from '../provider/contract.ts'
import { type Claim, countedShares, usefulClaims } from './counted-shares.ts'
import { nearestFirst, type OpenAttempt, type OpenCandidate } from './open-strategy.ts'
import type { KeyPolicy } from './policy.ts'
import type { Share } from './shares.ts'
import { failureOfAll } from './slot-failures.ts'
import {
  authenticity,
  type Candidate,
  canonicalName,
  matchingSlots,
  mixesAuthenticity,
  noMatch,
} from './slot-matching.ts'
import { unwrapSlot } from './unwrap-slot.ts'

/** That a slot unwraps to the key, or share, of its envelope, or why not. */
export type SlotAnswer = 'verified' | ErrorCode

/** What is opened, and by whose rules. */
export interface OpeningRequest {
  readonly header: Header
  readonly policy: KeyPolicy
  readonly context: CanonicalContext
  /** The context as key managers get it. */
  readonly bound: KeyContext
  /** Learns what each slot that was asked answered. */
  readonly answers: Map<Slot, SlotAnswer>
}

/** A slot of a configured KEK, and how far it has come. */
interface SlotClaim extends Claim {
  /** Place of the KEK in the keyring. */
  readonly order: number
  readonly candidate: Candidate
  state: 'open' | 'asked' | 'failed' | 'held'
  /** The share, or whole DEK, once it is held. */
  bytes?: Uint8Array
}

// One for all: an error of its own for each open would cost more than the rest of ending it.
const notNeeded = new KeywrightError('aborted', 'the envelope was opened without this call')

/**
 * One envelope on its way to its DEK. KEKs are connected all at once and matched with the table's slots; a header
 * decides nothing there: references are compared with what is configured, unknown schemes, kinds and algorithms are
 * passed over, and no key operation is made before enough slots match. Whom to ask then, and when, is the policy's
 * strategy.
 */
export class Opening implements OpenAttempt {
  readonly #request: OpeningRequest
  readonly #over = new AbortController()
  readonly #unknown = new Set<Kek>()
  readonly #busy = new Set<Kek>()
  readonly #claims: SlotClaim[] = []
  readonly #failures: SlotFailure[] = []
  readonly #opened = Promise.withResolvers<void>()
  #change = Promise.withResolvers<void>()
  /** What there is to ask until something changes. */
  #offered: readonly OpenCandidate[] | undefined
  /** What calls are given. Whoever asks one after the other leaves nobody behind to be told of the end. */
  #calls: AbortSignal | undefined

  constructor(request: OpeningRequest) {
    this.#request = request
  }

  /**
   * Gathers as many shares as the table asks for, each checked, of as many groups, on either side.
   *
   * @returns exactly so many; {@link wipe} zero-fills them
   * @throws KeywrightError `policy-mismatch`; `no-matching-key`; what the slots answered; `aborted`
   */
  async shares(signal: AbortSignal | undefined): Promise<readonly Share[]> {
    this.#calls = this.#request.policy.openStrategy === nearestFirst ? signal : this.signal
    const giveUp = (): void => this.#fail(abortedError())
    signal?.addEventListener('abort', giveUp, { once: true })
    try {
      if (signal?.aborted) giveUp()
      else {
        this.#identifyAll()
        this.#drive().catch((error: unknown) => this.#fail(error))
      }
      await this.#opened.promise
    } finally {
      signal?.removeEventListener('abort', giveUp)
    }
    const { groups, threshold } = this.#request.header.keyTable
    return countedShares(this.#held)
      .slice(0, threshold)
      .map(({ group, bytes }) => ({ index: groups[group]?.index ?? 0, bytes: bytes ?? new Uint8Array(0) }))
  }

  /** Zero-fills every share; later ones are zero-filled as they come. */
  wipe(): void {
    for (const { bytes } of this.#claims) bytes?.fill(0)
  }

  get signal(): AbortSignal {
    return this.#over.signal
  }

  candidates(): readonly OpenCandidate[] {
    if (this.signal.aborted) return []
    this.#offered ??= this.#offers()
    return this.#offered
  }

  unknown(): readonly Kek[] {
    return this.signal.aborted ? [] : [...this.#unknown]
  }

  missing(): number {
    return this.#request.header.keyTable.threshold - countedShares(this.#held).length
  }

  changed(): Promise<void> {
    return this.signal.aborted ? Promise.resolve() : this.#change.promise
  }

  get #held(): readonly SlotClaim[] {
    return this.#in('held')
  }

  #in(state: SlotClaim['state']): readonly SlotClaim[] {
    return this.#claims.filter((claim) => claim.state === state)
  }

  #offers(): readonly OpenCandidate[] {
    const { threshold } = this.#request.header.keyTable
    const useful = usefulClaims(this.#in('open'), this.#in('asked'), this.#held, threshold)
    const first = new Map<Kek, SlotClaim>()
    for (const claim of useful.toSorted((one, other) => one.order - other.order)) {
      const { kek } = claim.candidate
      if (!this.#busy.has(kek) && !first.has(kek)) first.set(kek, claim)
    }
    return [...first].map(([kek, claim]) => ({ kek, group: claim.from, ask: () => this.#ask(claim) }))
  }

  async #drive(): Promise<void> {
    const { openStrategy } = this.#request.policy
    await openStrategy(this)
    if (openStrategy !== nearestFirst) await nearestFirst(this)
  }

  #identifyAll(): void {
    const { header, policy } = this.#request
    const schemes = new Set(header.keyTable.groups.flatMap(({ slots }) => slots.map(({ scheme }) => scheme)))
    let order = 0
    const started: Promise<void>[] = []
    for (const [from, keks] of policy.openGroups.entries()) {
      for (const kek of keks) {
        if (!schemes.has(kek.scheme)) continue
        this.#unknown.add(kek)
        started.push(this.#identify(kek, from, order++))
      }
    }
    if (started.length === 0) this.#judge()
  }

  async #identify(kek: Kek, from: number, order: number): Promise<void> {
    const { header, policy } = this.#request
    try {
      const matching = await matchingSlots(kek, header.keyTable, policy, this.#calls)
      const own = matching.slice(0, limits.unwrapCallsPerKek)
      const forgeable = own.some(({ identity }) => authenticity(identity) === 'public-key')
      if (forgeable && !policy.acceptPublicKeyWrap) await this.#refuseMixed()
      for (const candidate of own) {
        const { group } = candidate
        this.#claims.push({ order, from, group, by: canonicalName(candidate), candidate, state: 'open' })
      }
    } catch (error) {
      if (!this.signal.aborted) this.#failures.push({ key: kek.uri, code: codeOf(error) })
    }
    this.#unknown.delete(kek)
    this.#judge()
  }

  async #refuseMixed(): Promise<void> {
    const { policy } = this.#request
    if (!(await mixesAuthenticity(policy.openGroups.flat(), this.#calls))) return
    const message =
      'the keyring mixes keys whose slots anyone can make with others: acceptPublicKeyWrap allows it'
    this.#fail(new KeywrightError('policy-mismatch', message, { field: 'acceptPublicKeyWrap' }))
  }

  async #ask(claim: SlotClaim): Promise<'helped' | ErrorCode> {
    const { candidate } = claim
    const { kek, slot } = candidate
    if (this.signal.aborted || claim.state !== 'open' || this.#busy.has(kek)) return 'aborted'
    const { header, context, bound, answers } = this.#request
    claim.state = 'asked'
    this.#busy.add(kek)
    this.#offered = undefined
    let outcome: 'helped' | ErrorCode = 'helped'
    try {
      const bytes = await unwrapSlot(candidate, header, context, bound, this.#calls)
      // Over meanwhile, and the KEK did not heed the signal: nobody will use what it says.
      if (this.signal.aborted) bytes.fill(0)
      else claim.bytes = bytes
    } catch (error) {
      outcome = codeOf(error)
    }
    if (this.signal.aborted) return 'aborted'
    claim.state = outcome === 'helped' ? 'held' : 'failed'
    answers.set(slot, outcome === 'helped' ? 'verified' : outcome)
    if (outcome !== 'helped') this.#failures.push({ key: kek.uri, code: outcome })
    this.#busy.delete(kek)
    this.#judge()
    return outcome
  }

  /** Ends the opening when there are shares enough, or when there cannot be; else tells that something changed. */
  #judge(): void {
    const { keyTable } = this.#request.header
    const possible = this.#claims.filter(({ state }) => state !== 'failed')
    if (this.missing() === 0) {
      this.#opened.resolve()
      this.#over.abort(notNeeded)
    } else if (this.#unknown.size === 0 && countedShares(possible).length < keyTable.threshold) {
      // A KEK that could not be asked may be the one: its own failure is the answer, and may be cured.
      this.#fail(this.#failures.length > 0 ? failureOfAll(this.#failures) : noMatch(keyTable))
    }
    this.#changed()
  }

  #fail(error: unknown): void {
    this.#opened.reject(error)
    this.#over.abort(notNeeded)
    this.#changed()
  }

  #changed(): void {
    this.#offered = undefined
    this.#change.resolve()
    if (!this.signal.aborted) this.#change = Promise.withResolvers()
  }
}

function codeOf(error: unknown): ErrorCode {
  return isKeywrightError(error) ? error.code : 'unknown'
}
