import { randomBytes } from 'node:crypto'
import type { Kek, KeyContext } from '@keywright/core'
import { keyContext } from './context.ts'
import { expectRefusal } from './expectation.ts'

/** A wrapped key with all that an unwrap needs to be told, as a header keeps it. */
export interface WrappedSlot {
  readonly wrapped: Uint8Array
  readonly reference: string
  /** Empty where the key manager tells none. */
  readonly keyVersion: string
  readonly algorithm: string
}

/** A new random data key, 32 bytes in memory of its own. */
export function newDataKey(): Uint8Array {
  return new Uint8Array(randomBytes(32))
}

/** The context that cases use where the context is not their subject. */
export const usualContext: KeyContext = keyContext({ tenant: 'acme', purpose: 'conformance' })

/**
 * Wraps a data key and keeps what a header would keep: where only an unwrap tells the version, the one that the
 * verifying unwrap of a rewrap told.
 */
export async function wrapSlot(
  kek: Kek,
  dataKey: Uint8Array,
  context: KeyContext = usualContext,
): Promise<WrappedSlot> {
  const { reference, capabilities } = await kek.connect()
  const { wrapped, keyVersion = '', algorithm } = await kek.wrapKey({ dataKey, context })
  const slot = { wrapped, reference, keyVersion, algorithm }
  if (capabilities.tellsVersionOnWrap || !capabilities.tellsVersionOnUnwrap) return slot
  return { ...slot, keyVersion: (await kek.unwrapKey({ ...slot, context })).keyVersion ?? '' }
}

/** Unwraps a slot and gives the data key. */
export async function unwrapSlot(
  kek: Kek,
  slot: WrappedSlot,
  context: KeyContext = usualContext,
): Promise<Uint8Array> {
  const { dataKey } = await kek.unwrapKey({ ...slot, context })
  return dataKey
}

/** Asks for an unwrap that must fail as every refused unwrap does. */
export async function expectUnwrapFailed(
  kek: Kek,
  slot: WrappedSlot,
  what: string,
  context: KeyContext = usualContext,
): Promise<void> {
  await expectRefusal('unwrap-failed', () => unwrapSlot(kek, slot, context), what)
}
