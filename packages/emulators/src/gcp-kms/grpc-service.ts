import { createServer, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2'
import type { TransportFault } from '../faults.ts'
import { garbage, type Listening, listen, readBody } from '../listening.ts'
import { GrpcError } from './grpc-error.ts'

/** A unary call, read whole. */
export interface GrpcCall {
  /** `/package.Service/Method`. */
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly message: Uint8Array
}

/** What becomes of a call: a message, a refusal, or a failure of the transport. */
export type GrpcOutcome =
  | { readonly message: Uint8Array; readonly failure?: 'half-answer' | undefined }
  | { readonly refusal: GrpcError }
  | { readonly failure: Exclude<TransportFault['kind'], 'latency' | 'half-answer'> }

/** A unary gRPC service over plain HTTP/2. */
export interface GrpcServiceOptions {
  readonly host: string
  readonly port: number
  /** Longest message taken, in bytes. */
  readonly maxMessageBytes: number
  /** Answers a call. What it throws is a bug and ends as INTERNAL. The signal says that the caller has gone. */
  readonly answer: (call: GrpcCall, signal: AbortSignal) => Promise<GrpcOutcome>
}

/** A running gRPC service. */
export interface GrpcService {
  readonly port: number
  /** Ends every connection at once. */
  readonly close: () => Promise<void>
}

const answerHeaders = { ':status': 200, 'content-type': 'application/grpc' } as const
const frameHeadBytes = 5

/**
 * Starts a gRPC service. It is written on node:http2, because its faults happen in the middle of an answer and below
 * it, where a gRPC library lets nobody in; unary calls need no more of the protocol than this.
 */
export async function startGrpcService(options: GrpcServiceOptions): Promise<GrpcService> {
  const server = createServer()
  // A connection that was cut on purpose, or by its client, is no news here.
  server.on('sessionError', () => {})
  server.on('stream', (stream, headers) => {
    stream.on('error', () => {})
    serve(options, stream, headers, listening).catch((error: unknown) => {
      // Not an answer of the service: the emulator itself is wrong, and whoever uses it should see where.
      refuse(stream, new GrpcError('INTERNAL', String((error as Error).stack)))
    })
  })
  const listening = await listen(server, options)
  return listening
}

async function serve(
  options: GrpcServiceOptions,
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  listening: Listening,
): Promise<void> {
  const gone = new AbortController()
  stream.once('close', () => gone.abort())
  const body = await readBody(stream, options.maxMessageBytes + frameHeadBytes)
  if (body === undefined) {
    const message = `Received message larger than max (${options.maxMessageBytes})`
    refuse(stream, new GrpcError('RESOURCE_EXHAUSTED', message))
    return
  }
  if (body.length < frameHeadBytes || body.readUInt32BE(1) !== body.length - frameHeadBytes) {
    refuse(stream, new GrpcError('INTERNAL', 'The request is not one whole message.'))
    return
  }
  if (body[0] !== 0) {
    refuse(stream, new GrpcError('UNIMPLEMENTED', 'Compressed messages are not taken.'))
    return
  }
  const call = { path: headers[':path'] ?? '', headers, message: body.subarray(frameHeadBytes) }
  const outcome = await options.answer(call, gone.signal)
  if (stream.destroyed) return
  if ('refusal' in outcome) refuse(stream, outcome.refusal)
  else if ('message' in outcome) send(stream, outcome.message, outcome.failure)
  else fail(stream, outcome.failure, listening)
}

function send(stream: ServerHttp2Stream, message: Uint8Array, failure: 'half-answer' | undefined): void {
  const head = Buffer.alloc(frameHeadBytes)
  head.writeUInt32BE(message.length, 1)
  const frame = Buffer.concat([head, message])
  stream.respond(answerHeaders, { waitForTrailers: true })
  if (failure === 'half-answer') {
    const half = frame.subarray(0, Math.max(frameHeadBytes, Math.floor(frame.length / 2)))
    stream.write(half, () => stream.session?.destroy())
    return
  }
  stream.once('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
  stream.end(frame)
}

function refuse(stream: ServerHttp2Stream, refusal: GrpcError): void {
  if (stream.destroyed || stream.headersSent) return
  stream.respond({ ...answerHeaders, ...refusal.trailers() }, { endStream: true })
}

function fail(
  stream: ServerHttp2Stream,
  failure: 'stall' | 'reset' | 'garbage',
  { connectionFrom }: Listening,
): void {
  if (failure === 'stall') return
  const socket = connectionFrom(stream.session?.socket.remotePort)
  if (failure === 'reset') socket?.resetAndDestroy()
  else socket?.end(garbage)
}
