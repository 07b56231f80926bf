/** What a policy can allow; `deny` beats all others. */
export type Capability = 'create' | 'read' | 'update' | 'delete' | 'list' | 'sudo' | 'deny'

/** One `path` block. */
interface PolicyRule {
  readonly pattern: string
  readonly capabilities: readonly string[]
  /** Fields that a request must have. */
  readonly required: readonly string[]
}

const block = /path\s+"([^"]+)"\s*\{([^}]*)\}/g
const capabilityList = /capabilities\s*=\s*\[([^\]]*)\]/
const requiredList = /required_parameters\s*=\s*\[([^\]]*)\]/

/** Reads the `path` blocks of a policy text; other HCL is passed over. */
export function parsePolicy(text: string): readonly PolicyRule[] {
  const bare = text.replaceAll(/^\s*(#|\/\/).*$/gm, '')
  return [...bare.matchAll(block)].map(([, pattern = '', body = '']) => ({
    pattern,
    capabilities: names(capabilityList, body),
    required: names(requiredList, body),
  }))
}

function names(list: RegExp, body: string): readonly string[] {
  const quoted = (list.exec(body)?.[1] ?? '').split(',').map((name) => name.trim().replaceAll('"', ''))
  return quoted.filter((name) => name !== '')
}

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
