import { randomBytes } from 'node:crypto'
import { type Fields, integer, text } from './request-fields.ts'
import { type Outcome, VaultRefusal } from './vault-answers.ts'

/** A token, as it is kept. */
export interface TokenState {
  readonly accessor: string
  readonly displayName: string
  readonly policies: readonly string[]
  readonly namespace: string
  readonly renewable: boolean
  /** Milliseconds since 1970; undefined: never. */
  expiresAt: number | undefined
  readonly ttlSeconds: number
  /** No renewal reaches further. */
  readonly lastsUntil: number | undefined
  readonly createdAt: number
}

/** Who may come in, as it is kept. */
export interface AuthState {
  /** By the token itself. */
  readonly tokens: Record<string, TokenState>
  /** Policy texts by namespace and name. */
  readonly policies: Record<string, string>
  readonly appRoles: Record<
    string,
    { readonly roleId: string; readonly secretIds: string[]; readonly grant: RoleGrant }
  >
  readonly kubernetesRoles: Record<
    string,
    { readonly names: readonly string[]; readonly namespaces: readonly string[]; readonly grant: RoleGrant }
  >
}

/** What a login by a role gives. */
export interface RoleGrant {
  readonly policies: readonly string[]
  readonly ttlSeconds: number
  readonly maxTtlSeconds: number
}

/** Vault's default for a lease, 32 days. */
const defaultTtlSeconds = 768 * 3600

/** Under which name a policy's text is kept. */
export function policyName(namespace: string, name: string): string {
  return `${namespace}:${name}`
}

/** Makes a token and gives it in the form in which logins answer. */
export function issueToken(
  auth: AuthState,
  namespace: string,
  displayName: string,
  grant: RoleGrant & { readonly renewable: boolean },
  now: number,
): { readonly token: string; readonly auth: object } {
  const token = `hvs.${randomBytes(20).toString('base64url')}`
  const ttl = grant.ttlSeconds || defaultTtlSeconds
  const lastsUntil = now + (grant.maxTtlSeconds || defaultTtlSeconds) * 1000
  auth.tokens[token] = {
    accessor: randomBytes(18).toString('base64url'),
    displayName,
    policies: grant.policies,
    namespace,
    renewable: grant.renewable,
    expiresAt: Math.min(now + ttl * 1000, lastsUntil),
    ttlSeconds: ttl,
    lastsUntil,
    createdAt: now,
  }
  return { token, auth: described(token, auth.tokens[token] as TokenState, now) }
}

/** `auth/token/…` */
export function answerToken(
  auth: AuthState,
  action: string,
  fields: Fields,
  token: string,
  caller: TokenState,
  namespace: string,
  now: number,
): Outcome {
  if (action === 'lookup-self') return { data: lookup(token, caller, now), mountType: 'token' }
  if (action === 'revoke-self') {
    delete auth.tokens[token]
    return { status: 204 }
  }
  if (action === 'renew-self') {
    if (!caller.renewable || caller.expiresAt === undefined)
      throw new VaultRefusal(400, 'lease is not renewable')
    const increment = integer(fields, 'increment') || caller.ttlSeconds
    caller.expiresAt = Math.min(now + increment * 1000, caller.lastsUntil ?? Number.POSITIVE_INFINITY)
    return { auth: described(token, caller, now), mountType: 'token' }
  }
  if (action !== 'create') throw new VaultRefusal(404, 'unsupported path')
  const wanted = list(fields, 'policies')
  const policies =
    fields['no_default_policy'] === true || wanted.includes('root') ? wanted : ['default', ...wanted]
  const grant = {
    policies,
    ttlSeconds: duration(fields, 'ttl'),
    maxTtlSeconds: duration(fields, 'explicit_max_ttl'),
    renewable: fields['renewable'] !== false,
  }
  return {
    ...issueToken(auth, namespace, text(fields, 'display_name') || 'token', grant, now),
    mountType: 'token',
  }
}

/** A list, or names with commas. */
export function list(fields: Fields, name: string): string[] {
  const value = fields[name]
  if (Array.isArray(value)) return value.filter((entry): entry is string => typeof entry === 'string')
  return text(fields, name)
    .split(',')
    .filter((entry) => entry !== '')
}

/** Seconds, or a number with s, m or h. */
export function duration(fields: Fields, name: string): number {
  const [, digits = '', unit = 's'] = /^(\d+)([smh]?)$/.exec(String(fields[name] ?? '')) ?? []
  return Number(digits) * (unit === 'h' ? 3600 : unit === 'm' ? 60 : 1)
}

function remaining({ expiresAt }: TokenState, now: number): number {
  return expiresAt === undefined ? 0 : Math.max(0, Math.ceil((expiresAt - now) / 1000))
}

function described(token: string, state: TokenState, now: number): object {
  return {
    client_token: token,
    accessor: state.accessor,
    policies: state.policies,
    token_policies: state.policies,
    metadata: null,
    lease_duration: remaining(state, now),
    renewable: state.renewable,
    entity_id: '',
    token_type: 'service',
    orphan: true,
    mfa_requirement: null,
    num_uses: 0,
  }
}

function lookup(token: string, state: TokenState, now: number): object {
  return {
    accessor: state.accessor,
    creation_time: Math.floor(state.createdAt / 1000),
    creation_ttl: state.expiresAt === undefined ? 0 : state.ttlSeconds,
    display_name: state.displayName,
    entity_id: '',
    expire_time: state.expiresAt === undefined ? null : new Date(state.expiresAt).toISOString(),
    explicit_max_ttl: 0,
    id: token,
    meta: null,
    num_uses: 0,
    orphan: true,
    path: 'auth/token/create',
    policies: state.policies,
    renewable: state.renewable,
    ttl: remaining(state, now),
    type: 'service',
  }
}
