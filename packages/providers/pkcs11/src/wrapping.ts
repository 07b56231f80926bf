import type { Capabilities } from '@keywright/core/provider'
import type { KeyObject } from './key-objects.ts'
import type { Lease } from './session-pool.ts'

/** One way to wrap a data key under a key of a token. */
export interface Wrapping {
  /** Tag of the specification's registry. */
  readonly algorithm: 'pkcs11.aes-gcm' | 'pkcs11.aes-kwp' | 'pkcs11.rsa-oaep-256'
  /** The mechanism that does it. */
  readonly mechanism: number
  readonly contextBinding: Capabilities['contextBinding']
  readonly wrapAuthenticity: Capabilities['wrapAuthenticity']
  /** Whether a key may wrap 2³² times at most, because its nonces are random and short. */
  readonly countsWraps: boolean
  /** Class of the objects that wrap and that unwrap. */
  readonly objects: { readonly wrap: 'secret' | 'public'; readonly unwrap: 'secret' | 'private' }
  /** Bytes of a wrapped key; undefined where that depends on the key. */
  readonly wrappedBytes: number | undefined
  /** @param digest 32 bytes to bind, where the wrapping binds them */
  readonly wrap: (
    lease: Lease,
    key: KeyObject,
    dataKey: Uint8Array,
    digest: Uint8Array,
  ) => Promise<Uint8Array>
  /** @returns the data key in memory of its own */
  readonly unwrap: (
    lease: Lease,
    key: KeyObject,
    wrapped: Uint8Array,
    digest: Uint8Array,
  ) => Promise<Uint8Array>
  /** Moves a wrapped key from one key of the token to another, without showing it. */
  readonly rewrap?:
    | ((lease: Lease, from: KeyObject, wrapped: Uint8Array, to: KeyObject) => Promise<Uint8Array>)
    | undefined
}
