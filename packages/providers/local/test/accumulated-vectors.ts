import { createHash } from 'node:crypto'
import { importXaesKey, openXaes, sealXaes } from '../src/xaes-256-gcm.ts'

/**
 * The accumulated test published with c2sp.org/XAES-256-GCM: one SHAKE-128 of nothing supplies the inputs, another
 * hashes the results.
 *
 * @param iterations messages; their inputs take 313 bytes each on average, 568 at most
 */
export function accumulate(iterations: number): string {
  const stream = createHash('shake128', { outputLength: Math.ceil(iterations * 320 + 4096) }).digest()
  const results = createHash('shake128', { outputLength: 32 })
  let at = 0
  const read = (length: number): Uint8Array => {
    at += length
    return stream.subarray(at - length, at)
  }
  for (let iteration = 0; iteration < iterations; iteration++) {
    const key = importXaesKey(read(32))
    const nonce = read(24)
    const message = read(read(1)[0] ?? 0)
    const associatedData = read(read(1)[0] ?? 0)
    const sealed = sealXaes(key, nonce, message, associatedData)
    const opened = openXaes(key, nonce, sealed, associatedData)
    if (opened === undefined || !Buffer.from(message).equals(opened)) {
      return `iteration ${iteration} does not open`
    }
    results.update(sealed)
  }
  return results.digest('hex')
}
