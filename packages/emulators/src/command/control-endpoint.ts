import { randomBytes, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { listen, readBody } from '../listening.ts'
import { AdministrationError } from './administration.ts'
import { answerControl } from './control-routes.ts'
import { FieldError } from './fault-rule-document.ts'
import type { MovableClock } from './movable-clock.ts'
import type { Service } from './service.ts'

/** Where the running services can be told to fail, and asked what they were asked. */
export interface ControlEndpoint {
  readonly url: string
  /** Goes into every request: `Authorization: Bearer TOKEN`. */
  readonly token: string
  readonly close: () => Promise<void>
}

const maxBodyBytes = 65_536

/**
 * Starts the control endpoint on a free port of the loopback. Its token keeps other users of the machine out, and pages
 * in its browsers.
 */
export async function startControlEndpoint(
  services: readonly Service[],
  clock: MovableClock,
): Promise<ControlEndpoint> {
  const token = randomBytes(24).toString('base64url')
  const server = createServer((message, response) => {
    serve({ services, clock, token }, message, response).catch((error: unknown) => {
      send(response, 500, { error: { message: (error as Error).message } })
    })
  })
  const { port, close } = await listen(server, { host: '127.0.0.1', port: 0 })
  return { url: `http://127.0.0.1:${port}`, token, close }
}

interface Controlled {
  readonly services: readonly Service[]
  readonly clock: MovableClock
  readonly token: string
}

async function serve(
  { services, clock, token }: Controlled,
  message: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await readBody(message, maxBodyBytes)
  if (!holdsToken(message, token)) {
    response.setHeader('www-authenticate', 'Bearer')
    return send(response, 401, { error: { message: 'the token that was printed at the start is missing' } })
  }
  if (body === undefined) return send(response, 413, { error: { message: 'the body is too long' } })
  try {
    const { pathname, searchParams } = new URL(message.url ?? '/', 'http://127.0.0.1')
    const asked = {
      method: message.method ?? 'GET',
      path: pathname,
      query: searchParams,
      body: parsed(body.toString('utf8')),
    }
    const { status, document } = await answerControl(services, asked, clock)
    send(response, status, document)
  } catch (error) {
    if (error instanceof FieldError)
      return send(response, 400, { error: { field: error.field, message: error.message } })
    if (error instanceof AdministrationError)
      return send(response, 409, { error: { message: error.message } })
    throw error
  }
}

function holdsToken(message: IncomingMessage, token: string): boolean {
  const given = Buffer.from(message.headers.authorization ?? '')
  const due = Buffer.from(`Bearer ${token}`)
  return given.length === due.length && timingSafeEqual(given, due)
}

function parsed(body: string): unknown {
  if (body === '') return undefined
  try {
    return JSON.parse(body)
  } catch {
    throw new FieldError('body', 'must be JSON')
  }
}

function send(response: ServerResponse, status: number, document: unknown): void {
  if (document === undefined) {
    response.writeHead(status).end()
    return
  }
  response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(document)}\n`)
}
