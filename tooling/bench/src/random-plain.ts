import { randomFillSync } from 'node:crypto'

/** `length` bytes that no memory deduplication can share. */
export function randomPlain(length: number, target: Uint8Array = new Uint8Array(length)): Uint8Array {
  // One call fills at most 2 GiB, and a mebibyte at a time is faster.
  for (let at = 0; at < length; at += 1_048_576) {
    randomFillSync(target, at, Math.min(1_048_576, length - at))
  }
  return target
}
