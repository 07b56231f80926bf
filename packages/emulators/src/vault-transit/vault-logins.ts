import { randomUUID } from 'node:crypto'
import { type Fields, text } from './request-fields.ts'
import { permissionDenied } from './vault-access.ts'
import { type Outcome, VaultRefusal } from './vault-answers.ts'
import { type AuthState, duration, issueToken, list, policyName, type RoleGrant } from './vault-tokens.ts'

/** `auth/approle/…`, without its mount: a role, its ids, a login. */
export function answerAppRole(
  auth: AuthState,
  namespace: string,
  rest: string,
  fields: Fields,
  now: number,
): Outcome {
  const [area = '', name = '', action = ''] = rest.split('/')
  if (area === 'login') {
    const found = Object.values(auth.appRoles).find(({ roleId }) => roleId === text(fields, 'role_id'))
    if (found === undefined || !found.secretIds.includes(text(fields, 'secret_id'))) {
      throw new VaultRefusal(400, 'invalid role or secret ID')
    }
    return {
      ...issueToken(auth, namespace, 'approle', { ...found.grant, renewable: true }, now),
      mountType: 'approle',
    }
  }
  if (area !== 'role') throw new VaultRefusal(404, 'unsupported path')
  const key = policyName(namespace, name)
  if (action === '') {
    auth.appRoles[key] = { roleId: randomUUID(), secretIds: [], grant: roleGrant(fields) }
    return { status: 204 }
  }
  const role = Object.hasOwn(auth.appRoles, key) ? auth.appRoles[key] : undefined
  if (role === undefined) throw new VaultRefusal(404)
  if (action === 'role-id') return { data: { role_id: role.roleId }, mountType: 'approle' }
  if (action !== 'secret-id') throw new VaultRefusal(404, 'unsupported path')
  const secretId = randomUUID()
  role.secretIds.push(secretId)
  return {
    data: { secret_id: secretId, secret_id_accessor: randomUUID(), secret_id_num_uses: 0, secret_id_ttl: 0 },
    mountType: 'approle',
  }
}

/** `auth/kubernetes/…`: takes the claims of a service account's token at their word, as no cluster is asked here. */
export function answerKubernetes(
  auth: AuthState,
  namespace: string,
  rest: string,
  fields: Fields,
  now: number,
): Outcome {
  const [area = '', name = ''] = rest.split('/')
  if (area === 'config') return { status: 204 }
  if (area === 'role') {
    auth.kubernetesRoles[policyName(namespace, name)] = {
      names: list(fields, 'bound_service_account_names'),
      namespaces: list(fields, 'bound_service_account_namespaces'),
      grant: roleGrant(fields),
    }
    return { status: 204 }
  }
  if (area !== 'login') throw new VaultRefusal(404, 'unsupported path')
  const key = policyName(namespace, text(fields, 'role'))
  const role = Object.hasOwn(auth.kubernetesRoles, key) ? auth.kubernetesRoles[key] : undefined
  if (role === undefined) throw new VaultRefusal(400, `invalid role name "${text(fields, 'role')}"`)
  const [, , account = '', owner = ''] = subjectOf(text(fields, 'jwt')).split(':')
  const fits = (bound: readonly string[], value: string): boolean =>
    bound.includes('*') || bound.includes(value)
  if (!fits(role.namespaces, account)) throw new VaultRefusal(403, 'namespace not authorized')
  if (!fits(role.names, owner)) throw new VaultRefusal(403, 'service account name not authorized')
  return {
    ...issueToken(auth, namespace, `kubernetes-${owner}`, { ...role.grant, renewable: true }, now),
    mountType: 'kubernetes',
  }
}

/** `system:serviceaccount:NAMESPACE:NAME` */
function subjectOf(jwt: string): string {
  try {
    const claims: unknown = JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString())
    const { sub } = claims as { sub?: unknown }
    if (typeof sub === 'string' && sub.startsWith('system:serviceaccount:')) return sub
  } catch {
    // No token at all: refused as every other.
  }
  throw permissionDenied()
}

function roleGrant(fields: Fields): RoleGrant {
  return {
    policies: ['default', ...list(fields, 'token_policies')],
    ttlSeconds: duration(fields, 'token_ttl'),
    maxTtlSeconds: duration(fields, 'token_max_ttl'),
  }
}
