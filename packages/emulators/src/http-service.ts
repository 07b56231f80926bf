import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { Call, CallLog } from './call-log.ts'
import type { Faults, ServiceFault } from './faults.ts'
import { garbage, listen, readBody } from './listening.ts'

/** A request, read whole. */
export interface HttpRequest {
  /** In capitals. */
  readonly method: string
  /** As on the wire, with its query. */
  readonly url: string
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: Uint8Array
}

/** An answer. */
export interface HttpAnswer {
  readonly status: number
  /** In the order and spelling of the wire; Content-Length is added. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: string | Uint8Array
  /** The service's name of the error, for the call log. */
  readonly error?: string | undefined
  /** What the call was, where only the answer knows: it replaces what `identify` said. */
  readonly call?: Call | undefined
}

/** A service over HTTP: what a request is, and what it is answered. */
export interface HttpServiceOptions {
  readonly host: string
  readonly port: number
  /** PEM texts; without them the service speaks plain HTTP. Who calls may have to show a certificate of `ca`. */
  readonly tls?:
    | {
        readonly key: string
        readonly cert: string
        readonly ca?: string | undefined
        readonly requestCert?: boolean | undefined
      }
    | undefined
  readonly faults: Faults
  readonly calls: CallLog
  /** Longest request body taken, in bytes. */
  readonly maxBodyBytes: number
  /** The answer to a longer one. */
  readonly tooLarge: (request: Omit<HttpRequest, 'body'>) => HttpAnswer
  /** Names the call, for faults and the log. */
  readonly identify: (request: HttpRequest) => Call
  /** Answers it; a fault that it has no field for is passed over. What it throws is a bug and ends as status 500. */
  readonly answer: (
    request: HttpRequest,
    call: Call,
    fault: ServiceFault | undefined,
  ) => HttpAnswer | Promise<HttpAnswer>
}

/** A running HTTP service. */
export interface HttpService {
  readonly url: string
  readonly port: number
  /** Ends every connection at once. */
  readonly close: () => Promise<void>
}

/** Starts a service that has transport faults, a bound on bodies and a call log. */
export async function startHttpService(options: HttpServiceOptions): Promise<HttpService> {
  const reset = ({ socket }: IncomingMessage): void => {
    listening.connectionFrom(socket.remotePort)?.resetAndDestroy()
  }
  const listener: RequestListener = (message, response) => {
    serve(options, message, response, reset).catch((error: unknown) => {
      // Not an answer of the service: the emulator itself is wrong, and whoever uses it should see where.
      if (response.headersSent) response.destroy()
      else response.writeHead(500, { 'content-type': 'text/plain' }).end(String((error as Error).stack))
    })
  }
  const server =
    options.tls === undefined ? createServer(listener) : createTlsServer({ ...options.tls }, listener)
  // Clients keep connections; the default of 5 s would reset some of them between two calls of a slow test.
  server.keepAliveTimeout = 60_000
  const listening = await listen(server, options)
  const { port, close } = listening
  const host = options.host.includes(':') ? `[${options.host}]` : options.host
  return {
    url: `${options.tls === undefined ? 'http' : 'https'}://${host}:${port}`,
    port,
    close,
  }
}

async function serve(
  options: HttpServiceOptions,
  message: IncomingMessage,
  response: ServerResponse,
  reset: (message: IncomingMessage) => void,
): Promise<void> {
  response.sendDate = false
  const { method = 'GET', url = '/' } = message
  const headers = Object.fromEntries(
    Object.entries(message.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : value,
    ]),
  )
  const body = await readBody(message, options.maxBodyBytes)
  if (body === undefined) {
    send(response, options.tooLarge({ method, url, headers }))
    return
  }
  const request: HttpRequest = { method, url, headers, body }
  const named = options.identify(request)
  const { delayMs, fault } = options.faults.take(named)
  if (delayMs > 0) await pause(delayMs, response)
  switch (fault?.kind) {
    case 'stall':
      options.calls.record({ ...named, status: undefined, error: 'stall' })
      return
    case 'reset':
      options.calls.record({ ...named, status: undefined, error: 'reset' })
      reset(message)
      return
    case 'garbage':
      options.calls.record({ ...named, status: undefined, error: 'garbage' })
      message.socket.end(garbage)
      return
    case 'half-answer': {
      options.calls.record({ ...named, status: undefined, error: 'half-answer' })
      const whole = await options.answer(request, named, undefined)
      sendHalf(response, whole)
      return
    }
    default: {
      const answer = await options.answer(request, named, fault)
      const { call = named, status, error } = answer
      options.calls.record(error === undefined ? { ...call, status } : { ...call, status, error })
      send(response, answer)
    }
  }
}

function send(response: ServerResponse, answer: HttpAnswer): void {
  const body = typeof answer.body === 'string' ? Buffer.from(answer.body) : answer.body
  response.writeHead(answer.status, wireHeaders(answer, body.length))
  response.end(body)
}

function sendHalf(response: ServerResponse, answer: HttpAnswer): void {
  const body = typeof answer.body === 'string' ? Buffer.from(answer.body) : answer.body
  response.writeHead(answer.status, wireHeaders(answer, Math.max(2, body.length)))
  response.write(body.subarray(0, Math.floor(body.length / 2)), () => response.destroy())
}

// The form in which Node keeps order and spelling: names and values in turn.
function wireHeaders({ status, headers }: HttpAnswer, length: number): string[] {
  const pairs = headers.flat()
  const sized = status === 204 || headers.some(([name]) => name.toLowerCase() === 'content-length')
  return sized ? pairs : [...pairs, 'Content-Length', String(length)]
}

// Ends early when the client gives up, so that a closed service leaves no timer.
function pause(milliseconds: number, response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds)
    response.once('close', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}
