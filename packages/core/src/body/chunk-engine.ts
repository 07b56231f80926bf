import { throwIfAborted } from '../abort.ts'
import { sealedChunkBytes } from '../crypto/chunk-run.ts'
import { type Awaitable, type ChunkRun, nextTurn, openChunks, sealChunks } from '../crypto/primitives.ts'
import { limits } from '../limits.ts'

/** Who seals and opens runs of chunks: the calling thread, or several. */
export interface ChunkEngine {
  /**
   * Seals a run into its output.
   *
   * @throws KeywrightError `limit-exceeded` past chunk 2³⁸ − 1; `aborted`
   */
  sealChunks(run: ChunkRun): Awaitable<void>
  /**
   * Opens a run into its output; chunks after the first that fails may have been written, or not.
   *
   * @returns how many chunks authenticated from the start of the run; fewer than it holds is a failure
   */
  openChunks(run: ChunkRun): Awaitable<number>
  /**
   * Memory in which a stream collects what it is given, where the engine works better on more than a chunk at a
   * time or on memory of its own kind; absent, one chunk.
   *
   * @param chunkBytes bytes of a chunk; the memory holds a whole number of them
   */
  hold?(chunkBytes: number): Uint8Array
}

/** 8 MiB: about 5 ms of work, the longest time that this engine keeps the process from anything else. */
const turnChunks = 512

/** The calling thread, which it gives back every 8 MiB. */
export const callingThread: ChunkEngine = {
  sealChunks(run) {
    return run.input.length <= turnChunks * limits.chunkBytes ? sealChunks(run) : sealInTurns(run)
  },
  openChunks(run) {
    return run.input.length <= turnChunks * sealedChunkBytes ? openChunks(run) : openInTurns(run)
  },
}

async function sealInTurns(run: ChunkRun): Promise<void> {
  for (let chunk = 0; ; chunk += turnChunks) {
    throwIfAborted(run.signal)
    const piece = pieceOf(run, chunk, limits.chunkBytes, sealedChunkBytes)
    await sealChunks(piece)
    if (piece.final || piece.input.length === 0) return
    await nextTurn()
  }
}

async function openInTurns(run: ChunkRun): Promise<number> {
  for (let chunk = 0; ; chunk += turnChunks) {
    throwIfAborted(run.signal)
    const piece = pieceOf(run, chunk, sealedChunkBytes, limits.chunkBytes)
    const opened = await openChunks(piece)
    if (piece.final || opened < turnChunks) return chunk + opened
    await nextTurn()
  }
}

/** The part of a run that begins at one of its chunks; the last part has what is left, down to nothing. */
function pieceOf(run: ChunkRun, chunk: number, inputChunk: number, outputChunk: number): ChunkRun {
  const end = chunk + turnChunks
  const last = end * inputChunk > run.input.length
  return {
    key: run.key,
    baseNonce: run.baseNonce,
    firstChunk: run.firstChunk + chunk,
    input: run.input.subarray(chunk * inputChunk, end * inputChunk),
    output: run.output.subarray(chunk * outputChunk, end * outputChunk),
    final: run.final && last,
  }
}
