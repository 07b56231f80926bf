import type { ServiceFault } from '../faults.ts'
import type { Grants } from '../grants.ts'
import { parsePolicy } from './policy-text.ts'
import { type Fields, text } from './request-fields.ts'
import { answerTransit, type EngineState } from './transit-engine.ts'
import { checkAccess, permissionDenied } from './vault-access.ts'
import { collected, type Outcome, VaultRefusal } from './vault-answers.ts'
import { answerAppRole, answerKubernetes } from './vault-logins.ts'
import type { VaultRequest } from './vault-request.ts'
import { type AuthState, answerToken, policyName, type TokenState } from './vault-tokens.ts'

/** Everything that a Vault keeps. */
export interface VaultState {
  /** By namespace, a colon, and the mount without its slash. */
  readonly engines: Record<string, EngineState>
  readonly auth: AuthState
}

/** What a request meets. */
export interface Circumstances {
  readonly grants: Grants
  readonly fault: ServiceFault | undefined
  readonly dropsAssociatedData: boolean
  readonly now: Date
}

const logins = /^auth\/(approle|kubernetes)\/login$/

/**
 * Answers a request: first who asks and whether a policy allows it, then the path.
 *
 * @throws VaultRefusal
 */
export function answerVault(state: VaultState, request: VaultRequest, circumstances: Circumstances): Outcome {
  const { namespace, path, operation, fields } = request
  const now = circumstances.now.getTime()
  if (fields === undefined) throw new VaultRefusal(400, 'error parsing JSON')
  const login = logins.exec(path)?.[1]
  if (login === 'approle') return answerAppRole(state.auth, namespace, 'login', fields, now)
  if (login === 'kubernetes') return answerKubernetes(state.auth, namespace, 'login', fields, now)
  const access = {
    token: request.token,
    namespace,
    path,
    capability: operation,
    fields: Object.keys(fields),
    now,
  }
  const caller = checkAccess(state.auth, access)
  if (!circumstances.grants.allows(caller.displayName, request.call.operation)) throw permissionDenied()
  const { engine } = request
  const mounted = engine === undefined ? undefined : state.engines[engine.name]
  if (engine !== undefined && mounted !== undefined) {
    const { fault, dropsAssociatedData, now: date } = circumstances
    const call = { operation, path: engine.rest, fields, fault, dropsAssociatedData, now: date }
    return { mountType: 'transit', ...answerTransit(mounted, call) }
  }
  return answerSystem(state, request, fields, caller, now)
}

function answerSystem(
  state: VaultState,
  request: VaultRequest,
  fields: Fields,
  caller: TokenState,
  now: number,
): Outcome {
  const { namespace, path, operation, token } = request
  const [area = '', kind = '', ...rest] = path.split('/')
  const below = rest.join('/')
  if (area === 'auth' && kind === 'token')
    return answerToken(state.auth, below, fields, token, caller, namespace, now)
  if (area === 'auth' && kind === 'approle') return answerAppRole(state.auth, namespace, below, fields, now)
  if (area === 'auth' && kind === 'kubernetes')
    return answerKubernetes(state.auth, namespace, below, fields, now)
  if (area === 'sys' && kind === 'mounts' && below !== '')
    return answerMount(state, `${namespace}:${below}`, operation, fields)
  // Logins are always at hand; a namespace is there as soon as something is mounted in it.
  if (area === 'sys' && (kind === 'auth' || kind === 'namespaces')) return { status: 204 }
  if (area === 'sys' && kind === 'policies')
    return answerPolicy(state, policyName(namespace, rest[1] ?? ''), operation, fields)
  throw new VaultRefusal(404, `no handler for route "${path}". route entry not found.`)
}

function answerMount(state: VaultState, name: string, operation: string, fields: Fields): Outcome {
  if (operation === 'delete') delete state.engines[name]
  else if (text(fields, 'type') !== 'transit')
    throw new VaultRefusal(400, `plugin not found in the catalog: ${text(fields, 'type')}`)
  else if (Object.hasOwn(state.engines, name))
    throw new VaultRefusal(400, `path is already in use at ${name.slice(name.indexOf(':') + 1)}/`)
  else state.engines[name] = { keys: {}, disableUpsert: false }
  return { status: 204 }
}

function answerPolicy({ auth }: VaultState, name: string, operation: string, fields: Fields): Outcome {
  if (operation === 'read') {
    const policy = auth.policies[name]
    if (policy === undefined) throw new VaultRefusal(404, collected('no policy named that'))
    return { data: { name: name.slice(name.indexOf(':') + 1), policy }, mountType: 'system' }
  }
  if (operation === 'delete') delete auth.policies[name]
  else {
    const policy = text(fields, 'policy')
    parsePolicy(policy)
    auth.policies[name] = policy
  }
  return { status: 204 }
}
