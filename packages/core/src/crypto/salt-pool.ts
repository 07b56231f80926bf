import { limits } from '../limits.ts'
import { randomBytes } from './primitives.ts'

const poolBytes = 170 * limits.saltBytes

let pool: Uint8Array = new Uint8Array(0)
let used = 0

/**
 * Draws a fresh salt. Salts come from a pool filled 170 at a time, as a draw of its own costs as much as
 * a third of an HMAC; they are public, so the pool holds no secret. Keys never come from here. It is filled on
 * first use, never while a start-up snapshot is taken, and used salts leave it.
 *
 * @returns 24 bytes in memory of their own
 */
export function drawSalt(): Uint8Array {
  if (used === pool.length) {
    pool = randomBytes(poolBytes)
    used = 0
  }
  const salt = pool.slice(used, used + limits.saltBytes)
  pool.fill(0, used, used + limits.saltBytes)
  used += limits.saltBytes
  return salt
}
