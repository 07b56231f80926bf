import { abortedError, throwIfAborted } from '../abort.ts'
import { BodyOpener, type BodyOpenerOptions } from './opener.ts'
import { type BodySealerOptions, bodySealer } from './sealer.ts'

/** What a stream drives: pieces in, pieces out. */
export interface PieceWorker {
  push(piece: Uint8Array): Promise<readonly Uint8Array[]>
  finish(): Promise<readonly Uint8Array[]>
  abandon(): void
}

/** Bytes that may wait on either side: enough that reader and writer seldom wait for each other. */
const queueBytes = 262_144

const byBytes: QueuingStrategy<Uint8Array> = {
  highWaterMark: queueBytes,
  size: (piece) => piece?.byteLength ?? 0,
}

/**
 * Makes a stream of a worker. The next piece is taken when the reader has room, an error reaches both sides and
 * stays, and giving up on either side abandons the worker.
 *
 * @param begin makes the worker and what goes out before the first piece
 * @param signal errors the stream with `aborted`, also while it waits
 */
export function workerStream(
  begin: () => Promise<{ readonly worker: PieceWorker; readonly first: readonly Uint8Array[] }>,
  signal: AbortSignal | undefined,
): TransformStream<Uint8Array, Uint8Array> {
  let worker: PieceWorker | undefined
  let onAbort: (() => void) | undefined
  let settled = false
  const settle = (): void => {
    settled = true
    if (onAbort !== undefined) signal?.removeEventListener('abort', onAbort)
    worker?.abandon()
  }
  const passOn = (
    controller: TransformStreamDefaultController<Uint8Array>,
    pieces: readonly Uint8Array[],
  ): void => {
    for (const piece of pieces) if (piece.length > 0) controller.enqueue(piece)
  }
  return new TransformStream<Uint8Array, Uint8Array>(
    {
      async start(controller) {
        throwIfAborted(signal)
        const begun = await begin()
        worker = begun.worker
        // Who gave up while this began has nobody left to tell: what was begun is given up here.
        if (settled) return settle()
        onAbort = () => {
          controller.error(abortedError())
          settle()
        }
        signal?.addEventListener('abort', onAbort, { once: true })
        if (signal?.aborted) onAbort()
        else passOn(controller, begun.first)
      },
      async transform(piece, controller) {
        try {
          passOn(controller, (await worker?.push(piece)) ?? [])
        } catch (error) {
          settle()
          throw error
        }
      },
      async flush(controller) {
        try {
          passOn(controller, (await worker?.finish()) ?? [])
        } finally {
          settle()
        }
      },
      cancel: settle,
    },
    byBytes,
    byBytes,
  )
}

/**
 * A stream that seals: plaintext in, a Cobblestone-256 body out. It errors with the codes of `BodySealer.push`.
 *
 * @param options key, context and who does the work; a signal errors the stream with `aborted`
 */
export function sealBodyStream(options: BodySealerOptions): TransformStream<Uint8Array, Uint8Array> {
  return workerStream(async () => {
    const worker = await bodySealer(options)
    return { worker, first: [worker.prefix] }
  }, options.signal)
}

/**
 * A stream that opens: a body in, its plaintext out. Authenticated chunks come out before the end is known: success
 * is only the clean close, and after an error everything that came out is to be discarded. It errors with the codes
 * of `BodyOpener.push` and `BodyOpener.finish`.
 *
 * @param options key, context and who does the work; a signal errors the stream with `aborted`
 */
export function openBodyStream(options: BodyOpenerOptions): TransformStream<Uint8Array, Uint8Array> {
  return workerStream(async () => ({ worker: new BodyOpener(options), first: [] }), options.signal)
}
