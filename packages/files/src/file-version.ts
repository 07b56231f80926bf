import { createHash } from 'node:crypto'
/**
 * Names the header of a file, both key table pages included: every rewrap and reseal gives another.
 *
 * @param parts the header, in one piece or in several
 * @returns 64 hexadecimal digits
 */
export function fileVersion(...parts: readonly Uint8Array[]): string {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest('hex')
}
