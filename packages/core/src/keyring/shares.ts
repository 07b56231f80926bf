import { randomBytes } from '../crypto/primitives.ts'
import { secretCopy } from '../crypto/secret-bytes.ts'
import { KeywrightError } from '../errors.ts'
import { limits } from '../limits.ts'

/** One share of a DEK: the values at x = index of 32 polynomials over GF(2⁸). */
export interface Share {
  /** 1 to 255. */
  readonly index: number
  /** 32 bytes; zero-filled by whoever holds the share. */
  readonly bytes: Uint8Array
}

/**
 * Splits a DEK into n shares of which any k restore it (KW-KOF-1), in ascending order of index.
 *
 * @param dataKey 32 bytes
 * @param k 2 to n
 * @param n at most 16
 */
export async function splitDataKey(dataKey: Uint8Array, k: number, n: number): Promise<readonly Share[]> {
  // Loaded here, for few keyrings split keys and every program pays for what is loaded at import.
  const { split } = await import('shamir-secret-sharing')
  // The library looks at the constructor and takes nothing but a plain Uint8Array.
  const plain = secretCopy(dataKey)
  const points = await split(plain, n, k).finally(() => plain.fill(0))
  const shares = points.map((point) => ({
    index: point[limits.dataKeyBytes] ?? 0,
    bytes: secretCopy(point.subarray(0, limits.dataKeyBytes)),
  }))
  for (const point of points) point.fill(0)
  return shares.sort((a, b) => a.index - b.index)
}

/**
 * Restores a DEK from exactly k shares.
 *
 * @param shares of distinct indices, each checked against its share check
 * @returns 32 bytes, for the caller to zero-fill
 * @throws KeywrightError `malformed-envelope` for an index of 0, which would decide alone, or one used twice
 */
export async function combineShares(shares: readonly Share[]): Promise<Uint8Array> {
  const indices = new Set(shares.map((share) => share.index))
  if (indices.size !== shares.length || indices.has(0)) {
    throw new KeywrightError('malformed-envelope', 'shares have distinct indices from 1 to 255', {
      field: 'index',
    })
  }
  const { combine } = await import('shamir-secret-sharing')
  const points = shares.map(({ index, bytes }) => {
    const point = new Uint8Array(new ArrayBuffer(limits.dataKeyBytes + 1))
    point.set(bytes)
    point[limits.dataKeyBytes] = index
    return point
  })
  try {
    const combined = await combine(points)
    const dataKey = secretCopy(combined)
    combined.fill(0)
    return dataKey
  } finally {
    for (const point of points) point.fill(0)
  }
}

/** Draws a new DEK. */
export function drawDataKey(): Uint8Array {
  return randomBytes(limits.dataKeyBytes)
}
