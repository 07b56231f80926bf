import { parsePolicy } from './policy-text.ts'

/** What a policy can allow; `deny` beats all others. */
export type Capability = 'create' | 'read' | 'update' | 'delete' | 'list' | 'sudo' | 'deny'

/**
 * Whether policies allow something: of the patterns that match, the most exact one counts, taken together over all
 * policies.
 *
 * @param path without a leading slash, relative to the namespace of the token
 * @param fields of the request, by name
 */
export function allows(
  policies: readonly string[],
  path: string,
  capability: Capability,
  fields: readonly string[] = [],
): boolean {
  const matching = policies.flatMap(parsePolicy).filter(({ pattern }) => matches(pattern, path))
  const best = matching.map(({ pattern }) => exactness(pattern)).sort((a, b) => b - a)[0]
  const rules = matching.filter(({ pattern }) => exactness(pattern) === best)
  const complete = rules.filter(({ required }) => required.every((name) => fields.includes(name)))
  const given = complete.flatMap(({ capabilities }) => capabilities)
  return given.includes(capability) && !given.includes('deny')
}

/** `+` stands for one segment, a `*` at the end for anything. */
function matches(pattern: string, path: string): boolean {
  const open = pattern.endsWith('*')
  const wanted = (open ? pattern.slice(0, -1) : pattern).split('/')
  const found = path.split('/')
  if (open ? found.length < wanted.length : found.length !== wanted.length) return false
  return wanted.every((segment, at) => {
    if (segment === '+') return true
    return open && at === wanted.length - 1 ? (found[at] ?? '').startsWith(segment) : segment === found[at]
  })
}

/** A pattern without wildcards first, then by how far it is literal. */
function exactness(pattern: string): number {
  const literal = pattern.search(/[+*]/)
  return literal === -1 ? Number.POSITIVE_INFINITY : literal
}

/** What every token may do unless it is made without the `default` policy. */
export const defaultPolicy = `
path "auth/token/lookup-self" { capabilities = ["read"] }
path "auth/token/renew-self"  { capabilities = ["update"] }
path "auth/token/revoke-self" { capabilities = ["update"] }
`
