import { throwIfAborted } from '../abort.ts'
import { sealedChunkBytes } from '../crypto/chunk-run.ts'
import { type ChunkRun, nextTurn, openChunks, sealChunks } from '../crypto/primitives.ts'
import { limits } from '../limits.ts'
import { pieceChunks, type StagingPool } from './staging.ts'
import type { WorkerHandle } from './worker-handle.ts'

type Direction = 'seal' | 'open'

/**
 * Works on a run on all threads. Free workers are given pieces first, then the calling thread does one itself; faster
 * threads so come to do more. It returns or throws only when no thread touches the run any more.
 *
 * @param direction what to do
 * @param run lengths already checked
 * @param chunks how many chunks the run holds
 * @param crew the workers, which other runs may be using too
 * @param staging memory for pieces of unshared memory
 * @returns for opening, how many chunks authenticated from the start
 */
export async function runOnThreads(
  direction: Direction,
  run: ChunkRun,
  chunks: number,
  crew: readonly WorkerHandle[],
  staging: StagingPool,
): Promise<number> {
  const away = new Set<Promise<void>>()
  const failures: unknown[] = []
  let opened = chunks
  const note = (first: number, piece: ChunkRun, done: number): void => {
    if (direction === 'open' && done < chunksOf(piece)) opened = Math.min(opened, first + done)
  }
  let next = 0
  const take = (): { first: number; piece: ChunkRun } => {
    const first = next
    next = Math.min(first + pieceChunks, chunks)
    return { first, piece: pieceOf(direction, run, first, next, next === chunks && run.final) }
  }
  const aborted = (): boolean => run.signal?.aborted === true
  while (next < chunks && failures.length === 0 && opened === chunks && !aborted()) {
    for (const worker of crew) {
      while (worker.free && next < chunks) {
        const { first, piece } = take()
        const task = onWorker(direction, piece, worker, staging)
          .then((done) => note(first, piece, done))
          .catch((error: unknown) => void failures.push(error))
          .finally(() => away.delete(task))
        away.add(task)
      }
    }
    if (next === chunks) break
    const { first, piece } = take()
    try {
      if (direction === 'seal') await sealChunks(piece)
      else note(first, piece, await openChunks(piece))
    } catch (error) {
      failures.push(error)
    }
    await nextTurn()
  }
  await Promise.all(away)
  throwIfAborted(run.signal)
  if (failures.length > 0) throw failures[0]
  return opened

  function chunksOf(piece: ChunkRun): number {
    return Math.min(pieceChunks, chunks - (piece.firstChunk - run.firstChunk))
  }
}

async function onWorker(
  direction: Direction,
  piece: ChunkRun,
  worker: WorkerHandle,
  staging: StagingPool,
): Promise<number> {
  const inputShared = isShared(piece.input)
  const outputShared = isShared(piece.output)
  const stage = inputShared && outputShared ? undefined : staging.take()
  const input = inputShared || stage === undefined ? piece.input : stage.input.subarray(0, piece.input.length)
  const output =
    outputShared || stage === undefined ? piece.output : stage.output.subarray(0, piece.output.length)
  if (input !== piece.input) input.set(piece.input)
  try {
    const done = await worker.run({
      direction,
      key: piece.key,
      baseNonce: piece.baseNonce,
      firstChunk: piece.firstChunk,
      input,
      output,
      final: piece.final,
    })
    if (output !== piece.output) piece.output.set(output)
    return done
  } finally {
    if (stage !== undefined) staging.put(stage)
  }
}

function isShared(bytes: Uint8Array): boolean {
  return bytes.buffer instanceof SharedArrayBuffer
}

function pieceOf(direction: Direction, run: ChunkRun, first: number, next: number, final: boolean): ChunkRun {
  const sealing = direction === 'seal'
  const inputChunk = sealing ? limits.chunkBytes : sealedChunkBytes
  const outputChunk = sealing ? sealedChunkBytes : limits.chunkBytes
  return {
    key: run.key,
    baseNonce: new Uint8Array(run.baseNonce),
    firstChunk: run.firstChunk + first,
    input: run.input.subarray(first * inputChunk, next * inputChunk),
    output: run.output.subarray(first * outputChunk, next * outputChunk),
    final,
  }
}
