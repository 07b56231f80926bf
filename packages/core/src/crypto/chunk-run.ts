import { KeywrightError } from '../errors.ts'
import { limits } from '../limits.ts'

/** Bytes of a full chunk with its tag: 16,400. */
export const sealedChunkBytes: number = limits.chunkBytes + limits.tagBytes

const nonceBytes = 12

/** What sealing and opening a run have in common; see `ChunkRun` for the meaning of each member. */
interface RunShape {
  readonly baseNonce: Uint8Array
  readonly firstChunk: number
  readonly input: Uint8Array
  readonly output: Uint8Array
  readonly final: boolean
}

/**
 * Counts the chunks of a run to seal and checks its lengths, so that no chunk is sealed under a wrong number.
 *
 * @param run input in plaintext bytes, output 16 bytes a chunk longer
 * @throws KeywrightError `limit-exceeded` past chunk 2³⁸ − 1, `invalid-argument` for lengths that do not fit
 */
export function chunksToSeal(run: RunShape): number {
  const { length } = run.input
  const full = Math.floor(length / limits.chunkBytes)
  const chunks = run.final ? full + 1 : full
  if (!run.final && length % limits.chunkBytes !== 0) throw misfit('input')
  if (run.output.length !== length + chunks * limits.tagBytes) throw misfit('output')
  checkNumbers(run, chunks)
  return chunks
}

/**
 * Counts the chunks of a run to open and checks its lengths.
 *
 * @param run input in sealed bytes, output 16 bytes a chunk shorter
 * @throws KeywrightError `limit-exceeded` past chunk 2³⁸ − 1, `invalid-argument` for lengths that do not fit
 */
export function chunksToOpen(run: RunShape): number {
  const { length } = run.input
  const rest = length % sealedChunkBytes
  const full = Math.floor(length / sealedChunkBytes)
  const chunks = run.final ? full + 1 : full
  if (run.final ? rest < limits.tagBytes : rest !== 0) throw misfit('input')
  if (run.output.length !== length - chunks * limits.tagBytes) throw misfit('output')
  checkNumbers(run, chunks)
  return chunks
}

function checkNumbers(run: RunShape, chunks: number): void {
  if (run.baseNonce.length !== nonceBytes) throw misfit('baseNonce')
  if (!Number.isSafeInteger(run.firstChunk) || run.firstChunk < 0) throw misfit('firstChunk')
  if (run.firstChunk + chunks > limits.chunks) {
    throw new KeywrightError('limit-exceeded', 'A body holds at most 2^38 chunks (4 PiB less one byte).', {
      field: 'body',
    })
  }
}

function misfit(field: string): KeywrightError {
  return new KeywrightError('invalid-argument', `A run of chunks does not fit: ${field}.`, { field })
}

/**
 * Writes the nonce of a chunk: the base nonce with the chunk's number XORed into its last five bytes, without
 * 32-bit operators on the number, which has 38 bits.
 *
 * @param nonce 12 bytes, overwritten
 * @param baseNonce 12 bytes
 * @param chunk 0 to 2³⁸ − 1
 */
export function writeChunkNonce(nonce: Uint8Array, baseNonce: Uint8Array, chunk: number): void {
  nonce.set(baseNonce)
  let rest = chunk
  for (let at = nonceBytes - 1; rest > 0; at--) {
    nonce[at] = (nonce[at] ?? 0) ^ (rest % 256)
    rest = Math.floor(rest / 256)
  }
}
