/**
 * A copy of a secret that can be zero-filled. Arrays of at most 64 bytes live in V8's own heap until native code
 * touches them, then move to memory of their own, and what stood in the heap stays there: no fill reaches it. Memory
 * that is an ArrayBuffer from the beginning never moves.
 *
 * @param bytes the secret, left as it is
 * @returns memory of its own
 */
export function secretCopy(bytes: Uint8Array): Uint8Array {
  const copy = new Uint8Array(new ArrayBuffer(bytes.length))
  copy.set(bytes)
  return copy
}
