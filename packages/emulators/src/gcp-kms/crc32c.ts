/** The reflected Castagnoli polynomial (RFC 3720, appendix B.4). */
const polynomial = 0x82f63b78

/**
 * CRC-32C of some bytes, bit by bit: an emulator answers small messages, and this is another computation than the one
 * that the provider checks it with.
 *
 * @returns 0 to 2^32 - 1
 */
export function crc32c(bytes: Uint8Array): number {
  let rest = 0xffffffff
  for (const byte of bytes) {
    rest ^= byte
    for (let bit = 0; bit < 8; bit++) rest = rest & 1 ? (rest >>> 1) ^ polynomial : rest >>> 1
  }
  return (rest ^ 0xffffffff) >>> 0
}
