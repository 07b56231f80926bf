import { endianness } from 'node:os'

/**
 * Reads a CK_ULONG, which has the size and the byte order of the machine.
 *
 * @param value as a token answered it
 * @returns its low 32 bits; -1 for what is none
 */
export function readUlong(value: Uint8Array | undefined, order: 'LE' | 'BE' = endianness()): number {
  if (value === undefined || value.length < 4) return -1
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength)
  return order === 'LE' ? view.getUint32(0, true) : view.getUint32(value.length - 4)
}
