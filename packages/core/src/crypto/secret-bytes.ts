/**
 * Memory for a secret that can be zero-filled. Arrays of at most 64 bytes live in V8's own heap until native code
 * touches them, then move to memory of their own, and what stood in the heap stays there: no fill reaches it. Memory
 * that is an ArrayBuffer from the beginning never moves.
 *
 * @param length bytes, all zero
 */
export function secretBytes(length: number): Uint8Array {
  return new Uint8Array(new ArrayBuffer(length))
}

/**
 * A copy of a secret, in memory of {@link secretBytes}.
 *
 * @param bytes the secret, left as it is
 */
export function secretCopy(bytes: Uint8Array): Uint8Array {
  const copy = secretBytes(bytes.length)
  copy.set(bytes)
  return copy
}
