import type { HexOrRun, Plaintext } from './vector.ts'

/**
 * The pattern that stands for longer plaintexts.
 *
 * @param length - in bytes
 * @returns bytes of which byte i is i modulo 251 (a prime, so that no two chunks are alike)
 */
export function patternBytes(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => i % 251)
}

/**
 * Turns a vector's plaintext into bytes.
 *
 * @param plaintext - hexadecimal, or a length of the pattern
 * @returns the bytes
 */
export function plaintextBytes(plaintext: Plaintext): Uint8Array {
  return typeof plaintext === 'string'
    ? Uint8Array.from(Buffer.from(plaintext, 'hex'))
    : patternBytes(plaintext.length)
}

/**
 * Turns hexadecimal, or a run of one byte, into bytes.
 *
 * @param value - as it stands in a vector
 * @returns the bytes
 */
export function runBytes(value: HexOrRun): Uint8Array {
  return typeof value === 'string'
    ? Uint8Array.from(Buffer.from(value, 'hex'))
    : new Uint8Array(value.length).fill(Number.parseInt(value.repeat, 16))
}
