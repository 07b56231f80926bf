import { createHash } from 'node:crypto'
import type { Kek, KeyContext } from '@keywright/core'

/** An encryption context with a digest of its own. */
export function contextOf(tenant: string): KeyContext {
  return { role: 'dek', pairs: { tenant }, digest: createHash('sha256').update(tenant).digest() }
}

/** What a slot says of a wrapped key. */
export interface Slot {
  readonly wrapped: Uint8Array
  readonly reference: string
  readonly keyVersion: string
  readonly algorithm: string
}

/** Wraps a data key as a slot. */
export async function wrapSlot(kek: Kek, dataKey: Uint8Array, context: KeyContext): Promise<Slot> {
  const { reference } = await kek.connect()
  const { wrapped, keyVersion = '', algorithm } = await kek.wrapKey({ dataKey, context })
  return { wrapped, reference, keyVersion, algorithm }
}

/** 32 bytes, none of them alike. */
export const dataKey: Uint8Array = Uint8Array.from({ length: 32 }, (_, index) => index + 1)
