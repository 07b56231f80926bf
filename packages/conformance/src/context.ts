import { createHash } from 'node:crypto'
import type { KeyContext } from '@keywright/core'

/**
 * The key context that core would send for these pairs, computed here from the specification alone: the suite must
 * not inherit a mistake of the code it tests.
 *
 * @param pairs the encryption context
 * @param role what is wrapped
 */
export function keyContext(
  pairs: Readonly<Record<string, string>> = {},
  role: KeyContext['role'] = 'dek',
): KeyContext {
  const digest = createHash('sha256')
    .update('keywright-envelope/v1/context\0')
    .update(lengthPrefixed(Buffer.from(role)))
    .update(lengthPrefixed(canonicalMap(pairs)))
    .digest()
  return { role, pairs, digest: new Uint8Array(digest) }
}

function lengthPrefixed(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes.length)
  return Buffer.concat([length, bytes])
}

/** Deterministic CBOR (RFC 8949 §4.2.1) of a map of strings: names in the order of their encoded bytes. */
function canonicalMap(pairs: Readonly<Record<string, string>>): Buffer {
  const entries = Object.entries(pairs)
    .map(([name, value]) => [textItem(name), textItem(value)] as const)
    .sort(([a], [b]) => Buffer.compare(a, b))
  return Buffer.concat([itemHead(0xa0, entries.length), ...entries.flat()])
}

function textItem(text: string): Buffer {
  const bytes = Buffer.from(text)
  return Buffer.concat([itemHead(0x60, bytes.length), bytes])
}

/** Lengths up to 65,535; the context's limits are far below. */
function itemHead(major: number, length: number): Buffer {
  if (length < 24) return Buffer.from([major | length])
  if (length < 256) return Buffer.from([major | 24, length])
  return Buffer.from([major | 25, length >> 8, length & 0xff])
}
