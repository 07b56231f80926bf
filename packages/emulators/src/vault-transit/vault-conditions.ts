import type { ServiceFault } from '../faults.ts'
import type { HttpAnswer, HttpRequest } from '../http-service.ts'
import { invalidToken, permissionDenied } from './vault-access.ts'
import { collected, refusal, success, VaultRefusal } from './vault-answers.ts'
import type { VaultRequest } from './vault-request.ts'

/** The condition of a node. A standby that does not forward requests sends them to the active node. */
export type VaultHealth =
  | { readonly state: 'active' | 'sealed' | 'dr-secondary' | 'performance-standby' }
  | { readonly state: 'standby'; readonly activeAddress: string }

const healthStatus = {
  active: 200,
  standby: 429,
  'dr-secondary': 472,
  'performance-standby': 473,
  sealed: 503,
} as const

/** What a node in this condition answers before it looks at a token; undefined: it goes on. */
export function inState(health: VaultHealth, path: string, url: string): HttpAnswer | undefined {
  const { state } = health
  const status = healthStatus[state]
  if (path === 'sys/health') {
    const body = {
      initialized: true,
      sealed: state === 'sealed',
      standby: state === 'standby',
      version: '1.21.4',
    }
    return { ...success({ status }), status, body: `${JSON.stringify(body)}\n` }
  }
  if (health.state === 'standby') {
    const location = `${health.activeAddress}${url}`
    return { status: 307, headers: [['Location', location]], body: '' }
  }
  if (state === 'active') return undefined
  return refusal(new VaultRefusal(status, state === 'sealed' ? 'Vault is sealed' : `this node is a ${state}`))
}

/** The answers that come of a fault alone; undefined: it is one of fields, or none. */
export function faultAnswer(
  fault: ServiceFault | undefined,
  { path }: VaultRequest,
  request: HttpRequest,
): HttpAnswer | undefined {
  switch (fault?.kind) {
    case 'throttle':
      return refusal(
        new VaultRefusal(429, `request path "${path}": rate limit quota exceeded`),
        fault.retryAfterSeconds,
      )
    case 'unavailable':
      return refusal(new VaultRefusal(503, 'Vault is sealed'))
    case 'unauthenticated':
      return refusal(invalidToken())
    case 'deny':
      return refusal(permissionDenied())
    case 'nonsense':
      return refusal(new VaultRefusal(418, collected('short and stout')))
    case 'leaky-error':
      return refusal(
        new VaultRefusal(400, `${request.headers['x-vault-token']} ${Buffer.from(request.body).toString()}`),
      )
    default:
      return undefined
  }
}
