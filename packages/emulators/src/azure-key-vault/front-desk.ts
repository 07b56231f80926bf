import type { Call } from '../call-log.ts'
import type { ServiceFault } from '../faults.ts'
import type { Grants } from '../grants.ts'
import type { HttpAnswer, HttpRequest } from '../http-service.ts'
import { refusalOf } from './answer-faults.ts'
import { serveAzure } from './azure-service.ts'
import { type Exchange, type Flavour, flavours, type Header, tenant } from './flavour.ts'
import type { AzureIdentity } from './identity.ts'
import type { KeyStore } from './key-store.ts'
import { readRoute, readTarget } from './routes.ts'
import { ServiceError } from './service-error.ts'

/** What answering needs beside the request. */
export interface Desk {
  readonly flavour: Flavour
  readonly store: KeyStore
  readonly grants: Grants
  readonly identity: AzureIdentity
  readonly now: () => Date
}

/** Names a request, for faults and the log. */
export function identify({ identity }: Desk, request: HttpRequest): Call {
  const token = bearerOf(request)
  if (token === undefined) return { operation: 'challenge' }
  const { operation = 'unknown', name } = readRoute(request.method, readTarget(request.url).path)
  return { operation, key: name === '' ? undefined : name, principal: identity.read(token)?.principal }
}

/** Answers a request: first the token, then the permission, then the service. */
export async function answer(
  desk: Desk,
  request: HttpRequest,
  call: Call,
  fault: ServiceFault | undefined,
): Promise<HttpAnswer> {
  const { flavour, store, identity, grants, now } = desk
  const exchange = exchangeOf(desk, request)
  const { path, query } = readTarget(request.url)
  const route = readRoute(request.method, path)
  try {
    const authorization = request.headers['authorization']
    const refused = fault === undefined ? undefined : refusalOf(fault, { authorization, body: request.body })
    if (refused !== undefined) return refusal(desk, exchange, refused.error, refused.headers)
    const token = bearerOf(request)
    if (token === undefined) return challenge(desk, exchange)
    const said = identity.read(token)
    if (said === undefined || said.expiresOn <= now().getTime() / 1_000) {
      throw new ServiceError(401, 'Unauthorized', 'AKV10001: The token is not valid.')
    }
    const { audience, permission } = flavours[flavour]
    if (said.audience.replace(/\/$/, '') !== audience) {
      const message = `AKV10022: Invalid audience. Expected ${audience}, found: ${said.audience}.`
      throw new ServiceError(401, 'Unauthorized', message)
    }
    if (route.operation !== undefined) {
      const action = permission(route.operation)
      if (fault?.kind === 'deny' || !grants.allows(said.principal, action)) {
        throw forbidden(flavour, said.principal, action, route.name)
      }
    }
    const shown = { flavour, base: exchange.base, apiVersion: query.get('api-version') ?? '' }
    const { method, body } = request
    const members = await serveAzure(store, { route, method, query, body, shown, fault, now: now() })
    const status = members === undefined ? 204 : 200
    return {
      status,
      headers: flavours[flavour].headers(exchange, status, true),
      body: members === undefined ? '' : JSON.stringify(members),
      call,
    }
  } catch (error) {
    if (error instanceof ServiceError) return refusal(desk, exchange, error)
    throw error
  }
}

/** What the answer repeats of a request. */
export function exchangeOf({ flavour, now }: Desk, { method, headers }: Omit<HttpRequest, 'body'>): Exchange {
  return {
    method,
    base: `https://${headers['host'] ?? 'localhost'}`,
    requestId: flavours[flavour].newRequestId(),
    clientRequestId: headers['x-ms-client-request-id'],
    now: now(),
  }
}

function bearerOf({ headers }: HttpRequest): string | undefined {
  return /^Bearer (\S+)$/i.exec(headers['authorization'] ?? '')?.[1]
}

function challengeHeader(flavour: Flavour): Header {
  const authority = `https://login.microsoftonline.com/${tenant}`
  return ['WWW-Authenticate', `Bearer authorization="${authority}", resource="${flavours[flavour].audience}"`]
}

function challenge({ flavour }: Desk, exchange: Exchange): HttpAnswer {
  const { headers, challengeBody } = flavours[flavour]
  return {
    status: 401,
    headers: [...headers(exchange, 401, false), challengeHeader(flavour)],
    body: challengeBody(exchange.method),
    error: 'Unauthorized',
  }
}

/** A refusal in the words of the flavour. */
export function refusal(
  { flavour }: Desk,
  exchange: Exchange,
  { status, code, message, innerCode }: ServiceError,
  more: readonly Header[] = [],
): HttpAnswer {
  const facts = flavours[flavour]
  const text =
    flavour === 'key-vault'
      ? message
      : `${message.replace('BASE', exchange.base)} (Activity ID: ${exchange.requestId})`
  const inner = innerCode === undefined ? {} : { innererror: { code: innerCode } }
  const body = JSON.stringify({ error: { code, message: text, ...inner } })
  const headers = [...facts.headers(exchange, status, status !== 401), ...more]
  if (status === 401) headers.push(challengeHeader(flavour))
  return { status, headers, body, error: innerCode ?? code }
}

function forbidden(flavour: Flavour, principal: string, action: string, name: string): ServiceError {
  if (flavour === 'managed-hsm') {
    return new ServiceError(403, 'AccessDenied', `Not authorized to access ${action} on /keys/${name}`)
  }
  const lines = [
    'Caller is not authorized to perform action on resource.',
    'If role assignments, deny assignments or role definitions were changed recently, please observe propagation time.',
    `Caller: appid=${principal};oid=${principal};iss=https://sts.windows.net/${tenant}/`,
    `Action: '${action}'`,
    `Resource: '/subscriptions/${tenant}/resourcegroups/emulator/providers/microsoft.keyvault/vaults/emulator/keys/${name}'`,
    'Assignment: (not found)',
    'DenyAssignmentId: null',
    "DecisionReason: 'DeniedWithNoValidRBAC' ",
    'Vault: emulator;location=westeurope',
    '',
  ]
  return new ServiceError(403, 'Forbidden', lines.join('\r\n'), 'ForbiddenByRbac')
}
