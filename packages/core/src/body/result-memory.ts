import { allocate } from '../crypto/primitives.ts'
import { KeywrightError } from '../errors.ts'
import type { ChunkEngine } from './chunk-engine.ts'

/**
 * Memory for the result of sealing or opening a whole body: shared between threads where the input is and an engine
 * was given that may use several, as threads then work on it without a copy; else as {@link allocate} gives it.
 *
 * @param length bytes
 * @param input what the result is made from
 * @param engine who does the work, where the caller chose
 * @throws KeywrightError `limit-exceeded` where the platform has no memory of that size
 */
export function resultMemory(length: number, input: Uint8Array, engine: ChunkEngine | undefined): Uint8Array {
  const shared = typeof SharedArrayBuffer !== 'undefined' && input.buffer instanceof SharedArrayBuffer
  if (engine === undefined || !shared) return allocate(length)
  try {
    return new Uint8Array(new SharedArrayBuffer(length))
  } catch {
    const message = `No memory for ${length} bytes at once: use a stream or ranges.`
    throw new KeywrightError('limit-exceeded', message)
  }
}
