import { bodySealer } from '../body/sealer.ts'
import { checkCount, sealedBodySize } from '../body/sizes.ts'
import { workerStream } from '../body/streams.ts'
import { type SealOptions, startSeal } from './seal-session.ts'

/**
 * A stream that seals: plaintext in, a compact envelope out. Memory does not grow with the data.
 *
 * @param options the keyring, and what the envelope is bound to
 * @returns errors with the codes of `seal`; an envelope that was cut short by an error does not open
 */
export function sealStream(options: SealOptions): TransformStream<Uint8Array, Uint8Array> {
  return workerStream(async () => {
    const session = await startSeal(options, 0)
    try {
      const { count, release, dataKey, bodyContext, compactHeader } = session
      const { threads: engine, signal } = options
      const sealer = await bodySealer({ key: dataKey.key, context: bodyContext, engine, signal })
      const worker = {
        push: async (piece: Uint8Array): Promise<readonly Uint8Array[]> => {
          const sealed = await sealer.push(piece)
          count(piece.length)
          return sealed
        },
        finish: () => sealer.finish(),
        abandon: once(() => {
          sealer.abandon()
          release()
        }),
      }
      return { worker, first: [compactHeader.slice(), sealer.prefix] }
    } catch (error) {
      session.release()
      throw error
    }
  }, options.signal)
}

/** A stream may give its worker up more than once; a DEK is released exactly once. */
export function once(action: () => void): () => void {
  let done = false
  return () => {
    if (done) return
    done = true
    action()
  }
}

/**
 * Size of a compact envelope.
 *
 * @param headerBytes what `inspect` tells of any envelope of the same keyring and context
 * @param plaintextBytes size of the plaintext
 * @throws KeywrightError `limit-exceeded` or `invalid-argument`
 */
export function sealedSize(headerBytes: number, plaintextBytes: number): number {
  checkCount(headerBytes)
  return headerBytes + sealedBodySize(plaintextBytes)
}
