import { Agent, type RequestOptions, request as requestPlain } from 'node:http'
import { request as requestTls, Agent as TlsAgent } from 'node:https'
import { KeywrightError } from '@keywright/core/provider'
import { retryAfterMs } from '@keywright/resilience'
import { type VaultErrorAnswer, VaultFailure } from './vault-failure.ts'

/** How Vault is known to be Vault, and who calls. Texts are PEM. */
export interface VaultTls {
  /** Certificate authorities in place of those of Node. */
  readonly ca?: string | undefined
  /** A client certificate, with its key. */
  readonly cert?: string | undefined
  readonly key?: string | undefined
  /** The name in Vault's certificate, where it is not the host. */
  readonly servername?: string | undefined
  /** Default: true. */
  readonly rejectUnauthorized?: boolean | undefined
}

/** A request as node-vault hands it to its HTTP function, with the signal that came through its request options. */
export interface VaultHttpRequest {
  readonly method: string
  readonly uri: string
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly json?: unknown
  readonly signal?: AbortSignal | undefined
}

/** An answer as node-vault takes it. */
export interface VaultHttpAnswer {
  readonly statusCode: number
  readonly body: unknown
  readonly request: { readonly path: string }
}

/** Longest answer read, in bytes; a key with 20,000 versions takes half of it. */
const maxAnswerBytes = 1_048_576
/** Longest silence on a connection in use, in milliseconds; the calls of a KEK have shorter limits of their own. */
const maxSilenceMs = 60_000

/** One agent for each address: connections, and with them TLS handshakes, are shared by all KEKs of a Vault. */
const agents = new Map<string, { readonly agent: Agent; users: number }>()

/**
 * The HTTP function for node-vault: keeps connections, follows no redirect to elsewhere, bounds what it reads, obeys
 * signals, and has errors that hold nothing of the request.
 *
 * @param origin protocol, host and port
 * @param tls for https
 */
export function vaultHttp(
  origin: string,
  tls: VaultTls,
): { readonly send: (request: VaultHttpRequest) => Promise<VaultHttpAnswer>; readonly close: () => void } {
  const make = (): Agent => (origin.startsWith('https:') ? new TlsAgent(keep) : new Agent(keep))
  const shared = agents.get(origin) ?? { agent: make(), users: 0 }
  shared.users += 1
  agents.set(origin, shared)
  let open = true
  return {
    send: (request) =>
      send(request, new URL(request.uri), { agent: shared.agent, timeout: maxSilenceMs, ...tls }),
    close: () => {
      if (!open) return
      open = false
      shared.users -= 1
      if (shared.users > 0) return
      agents.delete(origin)
      shared.agent.destroy()
    },
  }
}

const keep = { keepAlive: true } as const

async function send(
  request: VaultHttpRequest,
  url: URL,
  options: RequestOptions,
  redirects = 1,
): Promise<VaultHttpAnswer> {
  const { status, headers, text } = await exchange(request, url, options)
  if (status >= 300 && status < 400) {
    const next =
      redirects > 0 && (status === 307 || status === 308) ? URL.parse(headers.location ?? '', url.href) : null
    if (next?.origin === url.origin) return send(request, next, options, redirects - 1)
    const message =
      'Vault redirects elsewhere, and the token is for the configured address alone: name the active node'
    throw new KeywrightError('configuration', message, { field: 'address' })
  }
  const body = parsed(text)
  if (status >= 400) {
    const said = (body ?? { errors: [text.slice(0, 200)] }) as VaultErrorAnswer['body']
    const delay = retryAfterMs(headers['retry-after'])
    throw new VaultFailure({ statusCode: status, body: said, retryAfterMs: delay })
  }
  if (body === undefined && status !== 204) throw new KeywrightError('invalid-response', 'no answer of Vault')
  return { statusCode: status, body, request: { path: url.pathname } }
}

function parsed(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}

interface Exchange {
  readonly status: number
  readonly headers: { readonly location?: string | undefined; readonly 'retry-after'?: string | undefined }
  readonly text: string
}

async function exchange(
  { method, headers, json, signal }: VaultHttpRequest,
  url: URL,
  options: RequestOptions,
): Promise<Exchange> {
  const body = typeof json === 'object' && json !== null ? Buffer.from(JSON.stringify(json)) : undefined
  const content =
    body === undefined ? {} : { 'Content-Type': 'application/json', 'Content-Length': body.length }
  const request = url.protocol === 'https:' ? requestTls : requestPlain
  let stop = (): void => {}
  try {
    return await new Promise((resolve, reject) => {
      const outgoing = request(url, {
        ...options,
        method,
        headers: { ...headers, 'X-Vault-Request': 'true', ...content },
      })
      let reason: string | undefined
      const end = (why: string): void => {
        reason ??= why
        outgoing.destroy()
      }
      const fail = ({ code }: NodeJS.ErrnoException): void =>
        reject(new VaultFailure(reason ?? code ?? 'unknown'))
      outgoing.on('timeout', () => end('ETIMEDOUT'))
      outgoing.on('error', fail)
      outgoing.on('response', (incoming) => {
        const pieces: Buffer[] = []
        let length = 0
        incoming.on('data', (piece: Buffer) => {
          pieces.push(piece)
          length += piece.length
          if (length > maxAnswerBytes) end('too-long')
        })
        incoming.on('error', fail)
        incoming.on('end', () => {
          const text = Buffer.concat(pieces).toString()
          for (const piece of pieces) piece.fill(0)
          resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text })
        })
      })
      stop = () => end('aborted')
      if (signal?.aborted === true) return stop()
      signal?.addEventListener('abort', stop)
      outgoing.end(body)
    })
  } finally {
    signal?.removeEventListener('abort', stop)
    body?.fill(0)
  }
}
