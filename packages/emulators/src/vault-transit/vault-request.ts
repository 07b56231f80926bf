import type { Call } from '../call-log.ts'
import type { HttpRequest } from '../http-service.ts'
import type { Fields } from './request-fields.ts'
import { keyInPath, wouldCreate } from './transit-engine.ts'
import type { VaultState } from './vault-routes.ts'

/** A request, in Vault's terms. */
export interface VaultRequest {
  readonly operation: 'read' | 'update' | 'create' | 'delete' | 'list'
  readonly namespace: string
  /** Below `/v1/` and the namespace. */
  readonly path: string
  readonly token: string
  /** Undefined where the body is no JSON object. */
  readonly fields: Fields | undefined
  /** The mounted engine that the path leads to, by the name under which it is kept, and the path below it. */
  readonly engine: { readonly name: string; readonly rest: string } | undefined
  readonly call: Call
}

const operations = {
  GET: 'read',
  HEAD: 'read',
  POST: 'update',
  PUT: 'update',
  DELETE: 'delete',
  LIST: 'list',
} as const

/** Reads a request as Vault does. */
export function requestOf(request: HttpRequest, state: VaultState): VaultRequest {
  const url = new URL(request.url, 'http://vault')
  const path = decodeURIComponent(url.pathname).replace(/^\/v1\//, '')
  const namespace = (request.headers['x-vault-namespace'] ?? '').replace(/^\/|\/$/g, '')
  const token = request.headers['x-vault-token'] ?? ''
  const asked = operations[request.method as keyof typeof operations] ?? 'read'
  const listed = asked === 'read' && url.searchParams.get('list') === 'true' ? 'list' : asked
  const name = Object.keys(state.engines)
    .filter((mount) => `${namespace}:${path}`.startsWith(`${mount}/`))
    .sort((a, b) => b.length - a.length)[0]
  const engine =
    name === undefined ? undefined : { name, rest: `${namespace}:${path}`.slice(name.length + 1) }
  const mounted = name === undefined ? undefined : state.engines[name]
  const creates = listed === 'update' && mounted !== undefined && wouldCreate(mounted, engine?.rest ?? '')
  const operation = creates ? 'create' : listed
  const within = namespace === '' ? '' : `${namespace}/`
  const key = engine === undefined ? undefined : keyInPath(engine.rest)
  const mount = path.slice(0, path.length - (engine?.rest.length ?? 0))
  return {
    operation,
    namespace,
    path,
    token,
    fields: fieldsOf(request.body),
    engine,
    call: {
      operation: `${operation} ${within}${path}`,
      ...(key === undefined ? {} : { key: `${within}${mount}keys/${key}` }),
      principal: state.auth.tokens[token]?.displayName ?? 'nobody',
    },
  }
}

function fieldsOf(body: Uint8Array): Fields | undefined {
  if (body.length === 0) return {}
  try {
    const value: unknown = JSON.parse(Buffer.from(body).toString())
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Fields)
      : undefined
  } catch {
    return undefined
  }
}
