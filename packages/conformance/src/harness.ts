import type { Kek, KeyContext } from '@keywright/core'

/**
 * What a stand-in for a key manager can be told to do wrong. Each lasts until the stage is closed, except where its
 * name says once, and concerns the calls made for the first key.
 */
export type Fault =
  /** The answer names another key than the one asked. */
  | 'other-key'
  /** The answer names another version than the one asked. */
  | 'other-version'
  | 'no-key-named'
  | 'no-version'
  | 'no-data-key'
  /** 31 bytes where 32 are due. */
  | 'short-data-key'
  /** 33 bytes, the last one zero: HMAC would take it for the right key. */
  | 'long-data-key'
  | 'empty-wrapped'
  /** More than 8,192 bytes. */
  | 'huge-wrapped'
  | 'throttled'
  | 'unavailable'
  | 'unauthenticated'
  /** An error of a shape that the provider's table does not know. */
  | 'nonsense'
  /** An error whose message and fields repeat the request and the credential. */
  | 'leaky-error'
  /** No answer ever. */
  | 'hang'
  /** The first try to connect is refused as unavailable. */
  | 'connect-fails-once'

/** A wrapped key made without the key manager's permission, from public material alone. */
export interface ForgedWrap {
  readonly wrapped: Uint8Array
  readonly algorithm: string
  /** Empty where slots tell no version. */
  readonly keyVersion: string
}

/**
 * Two keys, ready for one case, and what can be done to the first of them. Every ability is optional: a case that needs
 * one which is missing is reported as skipped, with the reason.
 */
export interface ConformanceStage {
  /** A new KEK over the first key, not connected yet; the suite closes it. */
  readonly first: () => Kek
  /** The same for the second key, which the same key manager holds. */
  readonly second: () => Kek
  /** Credentials that must not show anywhere: tokens, passphrases, PINs. */
  readonly secrets?: readonly string[] | undefined
  /** Gives the first key a new version that wraps from now on. */
  readonly rotate?: (() => Promise<void>) | undefined
  /** Called after `rotate`: the oldest version no longer unwraps. */
  readonly retire?: (() => Promise<void>) | undefined
  readonly disable?: (() => Promise<void>) | undefined
  /** Takes `disable` back. */
  readonly enable?: (() => Promise<void>) | undefined
  /** Destroys the key, or schedules that, so that it no longer works. */
  readonly destroy?: (() => Promise<void>) | undefined
  /** Takes away the permission to wrap and unwrap. */
  readonly deny?: (() => Promise<void>) | undefined
  /** A KEK over a key that does not exist. */
  readonly missing?: (() => Kek) | undefined
  /** How many requests of any kind the key manager has seen for this stage. */
  readonly calls?: (() => number) | undefined
  /** What the key manager can be told to do wrong. */
  readonly faults?: Partial<Readonly<Record<Fault, () => void>>> | undefined
  /** Wraps with the public key alone, as somebody without any permission would. */
  readonly forge?: ((dataKey: Uint8Array, context: KeyContext) => Promise<ForgedWrap>) | undefined
  /** Releases what `prepare` made. */
  readonly close?: (() => Promise<void>) | undefined
}

/** An ability of a stage that cases may need. */
export type Ability =
  | 'rotate'
  | 'retire'
  | 'disable'
  | 'enable'
  | 'destroy'
  | 'deny'
  | 'missing'
  | 'calls'
  | 'forge'
  | `fault:${Fault}`

/** All that a provider brings to the suite, at most 40 lines. */
export interface ConformanceHarness {
  /** The provider's scheme. */
  readonly provider: string
  /** Name and version of what stands behind it, for the report. */
  readonly backend: string
  /** What the key manager's own log shows of a call, in one phrase; one harness of each kind of key says it, for the sheet. */
  readonly log?: string | undefined
  /** The provider's own `fromUri`; the grammar of its key URIs is tested through it, nothing is wrapped. */
  readonly fromUri: (uri: string) => Kek
  /** Makes two fresh keys. Called once for each case, never twice at a time. */
  readonly prepare: () => Promise<ConformanceStage>
  /** Longest time that one case may take, in milliseconds; default 20,000. */
  readonly deadlineMs?: number | undefined
}
