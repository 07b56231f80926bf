import { KeywrightError } from '../errors.ts'

/**
 * Refuses a piece of a stream that is not bytes: text or a bare buffer would otherwise be taken for zeros.
 *
 * @throws KeywrightError `invalid-argument`
 */
export function requireBytes(piece: unknown): void {
  if (piece instanceof Uint8Array) return
  throw new KeywrightError('invalid-argument', 'A stream takes Uint8Arrays: encode text first.', {
    field: 'piece',
  })
}
