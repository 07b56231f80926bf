import { secretBytes } from '@keywright/core/provider'
/**
 * Writes bytes as lower-case hex digits, as bytes: a string of a key could not be zero-filled.
 *
 * @param bytes any length
 * @param output twice as long
 */
export function writeHex(bytes: Uint8Array, output: Uint8Array): void {
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index] ?? 0
    output[2 * index] = digit(byte >> 4)
    output[2 * index + 1] = digit(byte & 15)
  }
}

/**
 * The inverse of {@link writeHex}.
 *
 * @param digits an even number of lower-case hex digits
 * @returns bytes in memory of their own; undefined when a character is no such digit
 */
export function readHex(digits: Uint8Array): Uint8Array | undefined {
  if (digits.length % 2 !== 0) return undefined
  const bytes = secretBytes(digits.length / 2)
  for (let index = 0; index < bytes.length; index++) {
    const high = value(digits[2 * index] ?? 0)
    const low = value(digits[2 * index + 1] ?? 0)
    if (high < 0 || low < 0) {
      bytes.fill(0)
      return undefined
    }
    bytes[index] = high * 16 + low
  }
  return bytes
}

function digit(nibble: number): number {
  return nibble < 10 ? 0x30 + nibble : 0x57 + nibble
}

function value(character: number): number {
  if (character >= 0x30 && character <= 0x39) return character - 0x30
  if (character >= 0x61 && character <= 0x66) return character - 0x57
  return -1
}
