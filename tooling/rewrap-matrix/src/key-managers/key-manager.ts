import type { Kek } from '@keywright/core'

/** One key of a key manager, and what its owner can do to it. */
export interface ManagedKey {
  /** As the command takes it. */
  readonly uri: string
  /** A new KEK over it, not connected, without retries. */
  readonly kek: () => Kek
  /** Gives it a new version, which wraps from now on. */
  readonly newVersion: () => Promise<void>
  /** Called after `newVersion`: the first version unwraps no more. Absent where versions cannot be disabled alone. */
  readonly disableFirstVersion?: (() => Promise<void>) | undefined
  /** Takes away what unwraps: the grant, or where there are none the key itself. Absent where the server keeps both. */
  readonly revoke?: (() => Promise<void>) | undefined
  /** Takes `revoke` back. */
  readonly restore?: (() => Promise<void>) | undefined
  /**
   * Takes this key away and no other, for everybody: a grant may be all that a principal has at this key manager. Absent
   * where the server cannot.
   */
  readonly disable?: (() => Promise<void>) | undefined
  /** Takes `disable` back. */
  readonly enable?: (() => Promise<void>) | undefined
}

/** A key manager that was started for tests or documents, with its administrator's own tools. */
export interface KeyManager {
  readonly scheme: string
  /** Name of what stands for it. */
  readonly backend: string
  /** With what the command, and clients of other makers, find it. */
  readonly environment: Readonly<Record<string, string>>
  /** Makes a key. */
  readonly createKey: (name: string) => Promise<ManagedKey>
  /** Makes keys that wrap otherwise, by their algorithm. */
  readonly kinds?: ReadonlyMap<string, (name: string) => Promise<ManagedKey>> | undefined
  /**
   * Makes a key that the key manager itself can rewrap from, where it can: to another such key, or to its own next
   * version. Absent where it cannot.
   */
  readonly createRewrappable?: ((name: string) => Promise<ManagedKey>) | undefined
  /** Whether it rewraps to another key, or to another version of the same one alone. */
  readonly rewrapsTo?: 'other keys' | 'own versions' | undefined
  /** How often its server was asked to unwrap and to show the result, by anybody; absent where it does not count. */
  readonly unwrapCalls?: (() => number) | undefined
  /** The same without a server: how often this process asked, through keys made by `createRewrappable`. */
  readonly unwrapCallsHere?: (() => number) | undefined
  /** Answers no unwrap from now on, where it can be told to. */
  readonly stallUnwraps?: (() => Stall) | undefined
  readonly close: () => Promise<void>
}

/** A key manager that does not answer. */
export interface Stall {
  /** Resolves when somebody waits for an answer. */
  readonly reached: Promise<void>
  readonly end: () => void
}
