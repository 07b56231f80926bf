import type { ErrorCode } from '../errors.ts'
import type { Kek } from '../provider/contract.ts'

/** A KEK that could help to open an envelope. */
export interface OpenCandidate {
  readonly kek: Kek
  /** KEKs of one number stand for one another: of their shares one counts. */
  readonly group: number
  /**
   * Asks the KEK for one slot, with one call.
   *
   * @returns `helped`, or why not; `aborted` when it was not needed any more. Never rejects.
   */
  readonly ask: () => Promise<'helped' | ErrorCode>
}

/** An envelope that is being opened, as an {@link OpenStrategy} sees it. What it reads changes with every answer. */
export interface OpenAttempt {
  /**
   * KEKs worth asking now, in the keyring's order: known to have a slot that was not tried and could help, and not
   * under way. None once the envelope is open.
   */
  readonly candidates: () => readonly OpenCandidate[]
  /** KEKs that may have a slot, and are still being connected. */
  readonly unknown: () => readonly Kek[]
  /** Shares that are still missing; one DEK in one piece counts as one. 0 once the envelope is open. */
  readonly missing: () => number
  /** Settles with the next answer, connection or failure to connect, and when it is over. */
  readonly changed: () => Promise<void>
  /** Fires when it is over: open, failed, or given up by the caller. What runs then is aborted. */
  readonly signal: AbortSignal
}

/**
 * Decides whom to ask, when, and how many at once; nothing else. Which slots a KEK may be asked for, what an answer is
 * worth and what becomes of one that comes too late is not in its hands. It returns when it wants nothing more; if the
 * envelope is not open then, what it left is asked in the keyring's order.
 */
export type OpenStrategy = (attempt: OpenAttempt) => Promise<void>

/** One after the other, in the keyring's order, once every KEK is connected or has failed to. */
export const nearestFirst: OpenStrategy = async (attempt) => {
  while (attempt.unknown().length > 0) await attempt.changed()
  while (!attempt.signal.aborted) {
    const [next] = attempt.candidates()
    await (next === undefined ? attempt.changed() : next.ask())
  }
}
