import { limits } from '../limits.ts'
import { randomBytes } from './primitives.ts'

const poolBytes = 170 * limits.saltBytes

let pool = new Uint8Array(0)
let used = 0

/**
 * Writes a fresh 24-byte salt. Salts come from a pool filled 170 at a time, as a draw of its own costs as much as
 * a third of an HMAC; they are public, so the pool holds no secret. Keys never come from here.
 *
 * @param output receives the salt
 * @param offset where in `output`
 */
export function drawSalt(output: Uint8Array, offset: number): void {
  if (used === pool.length) {
    pool = new Uint8Array(randomBytes(poolBytes))
    used = 0
  }
  const end = used + limits.saltBytes
  output.set(pool.subarray(used, end), offset)
  pool.fill(0, used, end)
  used = end
}
