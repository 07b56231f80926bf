import { createHmac } from 'node:crypto'
import type { AssociatedData, TextMap } from '../src/index.ts'
import { runBytes } from '../src/index.ts'
import { concat, lp, sha256, u8, utf8 } from './bytes.ts'
import { textMap } from './cbor.ts'

const nul = u8(0)

export const hmac = (hash: 'sha256' | 'sha512', key: Uint8Array, data: Uint8Array): Uint8Array =>
  Uint8Array.from(createHmac(hash, key).update(data).digest())

/** RFC 5869, section 2.3, with HMAC-SHA-512 (KW-NOT-3). */
export function hkdfExpand(key: Uint8Array, info: Uint8Array, length: number): Uint8Array {
  let block: Uint8Array = new Uint8Array(0)
  let output: Uint8Array = new Uint8Array(0)
  for (let i = 1; output.length < length; i += 1) {
    block = hmac('sha512', key, concat(block, info, u8(i)))
    output = concat(output, block)
  }
  return output.slice(0, length)
}

/** KW-BIND-1. */
export const contextDigest = (role: 'dek' | 'share', contextBytes: Uint8Array): Uint8Array =>
  sha256(concat(utf8('keywright-envelope/v1/context'), nul, lp(utf8(role)), lp(contextBytes)))

/** KW-KEY-1. */
export const keyCheckInfo = (preamble: Uint8Array, contextBytes: Uint8Array): Uint8Array =>
  concat(utf8('keywright-envelope/v1/key-check'), nul, lp(preamble), lp(contextBytes))

/** KW-KOF-3. */
export const shareCheckInfo = (
  index: number,
  k: number,
  n: number,
  preamble: Uint8Array,
  contextBytes: Uint8Array,
): Uint8Array =>
  concat(
    utf8('keywright-envelope/v1/share-check'),
    nul,
    u8(index % 256),
    u8(k),
    u8(n),
    lp(preamble),
    lp(contextBytes),
  )

/** KW-AD-2. */
export function associatedDataBytes(data: AssociatedData): Uint8Array {
  if (data.type === 'absent') return new Uint8Array(0)
  if (data.type === 'bytes') return concat(u8(0), runBytes(data.hex))
  if (data.type === 'text') return concat(u8(0), utf8(data.text))
  return concat(u8(1), textMap(data.map))
}

/** KW-BOD-2. */
export const bodyContext = (
  preamble: Uint8Array,
  contextBytes: Uint8Array,
  adBytes: Uint8Array,
): Uint8Array => concat(lp(utf8('keywright-envelope/v1/body')), lp(preamble), lp(contextBytes), lp(adBytes))

/** KW-CON-1. */
export const concealedReference = (
  concealKey: Uint8Array,
  wrapped: Uint8Array,
  scheme: string,
  reference: string,
): Uint8Array =>
  hmac('sha256', concealKey, concat(sha256(wrapped), lp(utf8(scheme)), lp(utf8(reference)))).slice(0, 8)

/** KW-BIND-3. */
export const nativeMaps = (
  context: TextMap,
  digest: Uint8Array,
): { map: Record<string, string>; digest: Record<string, string> } => ({
  map: { ...context, 'keywright:v1': 'dek' },
  digest: { 'keywright:v1': 'dek', 'keywright:context': Buffer.from(digest).toString('base64url') },
})
