import { collected, VaultRefusal } from './vault-answers.ts'
import { allows, type Capability, defaultPolicy } from './vault-policies.ts'
import { type AuthState, policyName, type TokenState } from './vault-tokens.ts'

/** A request that needs a token. */
export interface Access {
  readonly token: string
  readonly namespace: string
  /** Below the namespace, without a leading slash. */
  readonly path: string
  readonly capability: Capability
  /** Names of the fields that were sent. */
  readonly fields: readonly string[]
  readonly now: number
}

/**
 * Finds the token of a request and what its policies say of it.
 *
 * @throws VaultRefusal 403, in the words for a token that is unknown or for a policy that refuses
 */
export function checkAccess(
  auth: AuthState,
  { token, namespace, path, capability, fields, now }: Access,
): TokenState {
  const state = Object.hasOwn(auth.tokens, token) ? auth.tokens[token] : undefined
  if (token === '') throw new VaultRefusal(403, 'permission denied')
  if (state === undefined || (state.expiresAt !== undefined && state.expiresAt <= now)) throw invalidToken()
  const below =
    state.namespace === '' || namespace === state.namespace || namespace.startsWith(`${state.namespace}/`)
  if (!below) throw permissionDenied()
  if (state.policies.includes('root')) return state
  const inside = namespace.slice(state.namespace.length).replace(/^\//, '')
  const relative = inside === '' ? path : `${inside}/${path}`
  const texts = state.policies.map(
    (name) => auth.policies[policyName(state.namespace, name)] ?? (name === 'default' ? defaultPolicy : ''),
  )
  if (!allows(texts, relative, capability, fields)) throw permissionDenied()
  return state
}

/** The refusal to a token that was never given, or that has ended. */
export function invalidToken(): VaultRefusal {
  return new VaultRefusal(403, collected('permission denied', 'invalid token'))
}

/** The refusal by a policy. */
export function permissionDenied(): VaultRefusal {
  return new VaultRefusal(403, collected('permission denied'))
}
