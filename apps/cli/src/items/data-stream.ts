import { randomBytes } from 'node:crypto'
import { link, open, rename, unlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import { KeywrightError } from '@keywright/core'
import { errnoOf } from '../terminal/failure.ts'

/** Where a stream of bytes ends up. */
export interface DataSink {
  readonly stream: WritableStream<Uint8Array>
  /** Makes it last, after all was written. */
  readonly finish: () => Promise<void>
  /** Takes back what can be taken back. */
  readonly discard: () => Promise<void>
}

/**
 * Bytes of standard input or of a file.
 *
 * @param readable a Node stream
 */
export function dataSource(readable: Readable): ReadableStream<Uint8Array> {
  const chunks = readable[Symbol.asyncIterator]()
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const next = await chunks.next()
        if (next.done === true) controller.close()
        else controller.enqueue(next.value)
      },
      async cancel() {
        readable.destroy()
      },
    },
    { highWaterMark: 0 },
  )
}

/**
 * Standard output as a sink: what was written cannot be taken back.
 *
 * @param stdout of the process
 */
export function stdoutSink(stdout: NodeJS.WritableStream): DataSink {
  const stream = new WritableStream<Uint8Array>({
    write: (bytes) =>
      new Promise((resolve, reject) => {
        stdout.write(bytes, (error) => (error ? reject(error) : resolve()))
      }),
  })
  return { stream, finish: async () => {}, discard: async () => {} }
}

/**
 * A file as a sink: it has its name only once it is complete and on the medium.
 *
 * @param path of the file
 * @param overwrite whether a file of that name is replaced
 * @param mode permission bits
 * @throws KeywrightError `storage-exists`; what the file system answers
 */
export async function fileSink(path: string, overwrite: boolean, mode: number): Promise<DataSink> {
  const draft = join(
    dirname(path),
    `.${basename(path).slice(0, 100)}.${randomBytes(6).toString('hex')}.kw-work`,
  )
  if (!overwrite) await refuseTaken(path)
  const file = await open(draft, 'wx', 0o600)
  const stream = new WritableStream<Uint8Array>({
    async write(bytes) {
      await file.writeFile(bytes)
    },
  })
  return {
    stream,
    async finish() {
      await file.chmod(mode)
      await file.sync()
      await file.close()
      await publish(draft, path, overwrite)
      const folder = await open(dirname(path), 'r')
      await folder.sync().finally(() => folder.close())
    },
    async discard() {
      await file.close().catch(() => {})
      await unlink(draft).catch(() => {})
    },
  }
}

async function publish(draft: string, path: string, overwrite: boolean): Promise<void> {
  if (!overwrite) {
    try {
      await link(draft, path)
      await unlink(draft)
      return
    } catch (error) {
      if (errnoOf(error) === 'EEXIST') throw taken(path)
      // A file system without second names: a rename does, and only a race could lose another file by it.
      await refuseTaken(path)
    }
  }
  await rename(draft, path)
}

async function refuseTaken(path: string): Promise<void> {
  const there = await open(path, 'r').catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') return undefined
    throw error
  })
  if (there === undefined) return
  await there.close()
  throw taken(path)
}

function taken(path: string): KeywrightError {
  return new KeywrightError('storage-exists', `${path} exists already`, { field: 'target' })
}

/** Counts bytes on their way. */
export class ByteCounter extends TransformStream<Uint8Array, Uint8Array> {
  bytes = 0

  constructor() {
    super({
      transform: (piece, controller) => {
        this.bytes += piece.length
        controller.enqueue(piece)
      },
    })
  }
}

/**
 * Sends bytes through transformations into a sink, which is finished only after a clean end.
 *
 * @param source bytes
 * @param through what is done with them, in this order
 * @param sink where they go
 * @param signal gives up
 */
export async function pipeData(
  source: ReadableStream<Uint8Array>,
  through: readonly TransformStream<Uint8Array, Uint8Array>[],
  sink: DataSink,
  signal: AbortSignal,
): Promise<void> {
  try {
    const result = through.reduce((stream, step) => stream.pipeThrough(step, { signal }), source)
    await result.pipeTo(sink.stream, { signal })
    await sink.finish()
  } catch (error) {
    await sink.discard()
    throw error
  }
}
