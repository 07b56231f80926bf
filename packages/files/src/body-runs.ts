import { limits } from '@keywright/core'
import { abortedError, throwIfAborted } from '@keywright/core/engine'

/** Chunks of one run: 1 MiB, enough that a call to the file system costs little against what it carries. */
const runChunks = 64
/** Chunks of a run that several threads share: 4 MiB, some pieces for each. */
const sharedRunChunks = 256
/** Runs in flight: one is read and one written while one is sealed. */
const lanes = 3

const sealedChunkBytes = limits.chunkBytes + limits.tagBytes

/** How far work on a file is. */
export interface FileProgress {
  /** Plaintext bytes done. */
  readonly doneBytes: number
  /** Plaintext bytes in all. */
  readonly totalBytes: number
}

/** Options of work that goes through a whole body. */
export interface ProgressOptions {
  /** Called after every run of 4 MiB or less; what it throws ends the work. */
  readonly onProgress?: ((progress: FileProgress) => void) | undefined
}

/** A run of consecutive chunks, and memory for it. */
export interface BodyRun {
  readonly firstChunk: number
  readonly chunks: number
  /** Whether the run ends the body. */
  readonly final: boolean
  /** Where its plaintext begins, and memory of exactly its length. */
  readonly plaintextAt: number
  readonly plaintext: Uint8Array
  /** Where its chunks begin, counted from the first chunk, and memory of exactly their length. */
  readonly sealedAt: number
  readonly sealed: Uint8Array
}

/** Options of {@link eachRun}. */
export interface EachRunOptions extends ProgressOptions {
  /** Plaintext bytes of the body. */
  readonly plaintextBytes: number
  /** Whether several threads share the work on a run. */
  readonly threads?: unknown
  readonly signal?: AbortSignal | undefined
}

/**
 * Works on a body run by run, three at a time: reading, crypto and writing overlap, as each run knows its place. The
 * memory is the same for any size, shared where threads would need a copy else, and zero-filled at the end.
 *
 * @param options size of the body
 * @param work what to do with one run; no other uses its memory
 * @throws the first failure, once no work is under way any more; `aborted`
 */
export async function eachRun(options: EachRunOptions, work: (run: BodyRun) => Promise<void>): Promise<void> {
  const { plaintextBytes, onProgress, signal } = options
  const chunks = Math.floor(plaintextBytes / limits.chunkBytes) + 1
  const perRun = options.threads === undefined ? runChunks : sharedRunChunks
  const runs = Math.ceil(chunks / perRun)
  let next = 0
  let doneBytes = 0
  let failure: { readonly error: unknown } | undefined
  const lane = async (): Promise<void> => {
    let memory: LaneMemory | undefined
    try {
      memory = laneMemory(Math.min(chunks, perRun), options.threads !== undefined)
      while (next < runs && failure === undefined) {
        throwIfAborted(signal)
        const run = runAt(perRun * next++, chunks, plaintextBytes, memory)
        await work(run)
        doneBytes += run.plaintext.length
        onProgress?.({ doneBytes, totalBytes: plaintextBytes })
      }
    } catch (error) {
      failure ??= { error: signal?.aborted ? abortedError() : error }
    } finally {
      if (memory !== undefined) release(memory)
    }
  }
  await Promise.all(Array.from({ length: Math.min(lanes, runs) }, lane))
  if (failure !== undefined) throw failure.error
}

interface LaneMemory {
  readonly plaintext: Uint8Array
  readonly sealed: Uint8Array
}

function laneMemory(chunks: number, shared: boolean): LaneMemory {
  const array = (length: number): Uint8Array =>
    new Uint8Array(shared ? new SharedArrayBuffer(length) : new ArrayBuffer(length))
  return { plaintext: array(chunks * limits.chunkBytes), sealed: array(chunks * sealedChunkBytes) }
}

/** Gives memory back at once: the collector sees small objects and would take its time. Shared memory waits for it. */
function release({ plaintext, sealed }: LaneMemory): void {
  plaintext.fill(0)
  for (const { buffer } of [plaintext, sealed]) if (buffer instanceof ArrayBuffer) buffer.transfer(0)
}

function runAt(firstChunk: number, allChunks: number, plaintextBytes: number, memory: LaneMemory): BodyRun {
  const chunks = Math.min(memory.plaintext.length / limits.chunkBytes, allChunks - firstChunk)
  const plaintextAt = firstChunk * limits.chunkBytes
  const length = Math.min(chunks * limits.chunkBytes, plaintextBytes - plaintextAt)
  return {
    firstChunk,
    chunks,
    final: firstChunk + chunks === allChunks,
    plaintextAt,
    plaintext: memory.plaintext.subarray(0, length),
    sealedAt: firstChunk * sealedChunkBytes,
    sealed: memory.sealed.subarray(0, length + chunks * limits.tagBytes),
  }
}
