import { createHash } from 'node:crypto'
import { importDataKey } from '../src/body/derive.ts'
import type { RangeSource } from '../src/body/range-source.ts'
import type { MacKey } from '../src/crypto/primitives.ts'

/** A source of bytes in memory. */
export function memorySource(bytes: Uint8Array): RangeSource {
  return { size: bytes.length, read: async (offset, length) => bytes.subarray(offset, offset + length) }
}

/** Cuts bytes into pieces of a size, the last one shorter. */
export function cut(bytes: Uint8Array, pieceBytes: number): readonly Uint8Array[] {
  const pieces: Uint8Array[] = []
  for (let at = 0; at < bytes.length; at += pieceBytes) pieces.push(bytes.subarray(at, at + pieceBytes))
  return pieces
}

/** Sends pieces through a stream and tells what came out, and the error where there was one. */
export async function drain(
  stream: TransformStream<Uint8Array, Uint8Array>,
  pieces: readonly Uint8Array[],
): Promise<{ released: Uint8Array; error: unknown }> {
  const writing = (async () => {
    const writer = stream.writable.getWriter()
    for (const piece of pieces) {
      await writer.ready
      await writer.write(piece)
    }
    await writer.close()
  })().catch(() => undefined)
  const released: Uint8Array[] = []
  let error: unknown
  const reader = stream.readable.getReader()
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) released.push(next.value)
  } catch (reason) {
    error = reason
  }
  reader.releaseLock()
  await writing
  return { released: Buffer.concat(released), error }
}

/** Bytes that look random and are the same in every run. */
export function patterned(length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  for (let at = 0; at < length; at++) bytes[at] = (at * 31 + (at >> 8) * 17 + (at >> 16)) & 255
  return bytes
}

/** A data key made from a name. */
export async function dataKey(name: string): Promise<MacKey> {
  return importDataKey(createHash('sha256').update(name).digest())
}
