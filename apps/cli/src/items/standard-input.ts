import { fromText, KeywrightError } from '@keywright/core'
import { dataSource } from './data-stream.ts'

/** Longest envelope that is taken in its text form, in characters: it has to be in memory whole. */
const maxTextLength = 128 * 1024 * 1024
const textPrefix = new TextEncoder().encode('kw1:')

/** An envelope from standard input. */
export interface InputEnvelope {
  /** Its bytes, whole or as they come. */
  readonly bytes: ReadableStream<Uint8Array>
  /** Whether it came in its text form. */
  readonly wasText: boolean
}

/**
 * Takes an envelope from standard input: its bytes, or its text form, told apart by the first bytes.
 *
 * @param stdin of the process
 * @throws KeywrightError `malformed-envelope` or `limit-exceeded` for a text form that is none
 */
export async function readEnvelope(stdin: NodeJS.ReadStream): Promise<InputEnvelope> {
  const { start, all } = await startAndRest(dataSource(stdin), textPrefix.length)
  if (!textPrefix.every((byte, at) => start[at] === byte)) return { bytes: all, wasText: false }
  const text = new TextDecoder().decode(await whole(all, maxTextLength)).replace(/\r?\n$/, '')
  return { bytes: streamOf(fromText(text)), wasText: true }
}

/**
 * Looks at the start of a stream.
 *
 * @param stream bytes
 * @param least bytes to look at, fewer only where the stream ends
 * @returns the start, and a stream of all of it
 */
export async function startAndRest(
  stream: ReadableStream<Uint8Array>,
  least: number,
): Promise<{ readonly start: Uint8Array; readonly all: ReadableStream<Uint8Array> }> {
  const reader = stream.getReader()
  const start = await atLeast(reader, least)
  return { start, all: continued(reader, start) }
}

/**
 * Collects a stream.
 *
 * @param stream bytes
 * @param most bytes that are taken
 * @throws KeywrightError `limit-exceeded`
 */
export async function whole(stream: ReadableStream<Uint8Array>, most: number): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  let length = 0
  for await (const piece of stream) {
    length += piece.length
    if (length > most)
      throw new KeywrightError('limit-exceeded', `standard input has more than ${most} bytes`)
    pieces.push(piece)
  }
  return joined(pieces, length)
}

async function atLeast(reader: ReadableStreamDefaultReader<Uint8Array>, least: number): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  let length = 0
  while (length < least) {
    const { done, value } = await reader.read()
    if (done) break
    pieces.push(value)
    length += value.length
  }
  return joined(pieces, length)
}

function continued(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  first: Uint8Array,
): ReadableStream<Uint8Array> {
  let begun = false
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        if (!begun && first.length > 0) {
          begun = true
          controller.enqueue(first)
          return
        }
        begun = true
        const { done, value } = await reader.read()
        if (done) controller.close()
        else controller.enqueue(value)
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  )
}

function streamOf(bytes: Uint8Array): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      controller.enqueue(bytes)
      controller.close()
    },
  })
}

function joined(pieces: readonly Uint8Array[], length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  let at = 0
  for (const piece of pieces) {
    bytes.set(piece, at)
    at += piece.length
  }
  return bytes
}

/** Reads a stream to its end. @returns how many bytes it had */
export async function drain(stream: ReadableStream<Uint8Array>): Promise<number> {
  let bytes = 0
  for await (const piece of stream) bytes += piece.length
  return bytes
}
