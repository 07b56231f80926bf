import type { AesKey } from '../crypto/primitives.ts'

/** A piece of a run, as it goes to a worker; the memory of both arrays is shared, so nothing is copied. */
export interface PieceMessage {
  readonly id: number
  readonly direction: 'seal' | 'open'
  /** A KeyObject, which threads hand to each other without its bytes. */
  readonly key: AesKey
  readonly baseNonce: Uint8Array
  readonly firstChunk: number
  readonly input: Uint8Array
  readonly output: Uint8Array
  readonly final: boolean
}

/** What a worker says: that it is ready, or how many chunks of a piece it did; undefined where it failed. */
export interface PieceReply {
  readonly id: number | 'ready'
  readonly chunks?: number | undefined
}
