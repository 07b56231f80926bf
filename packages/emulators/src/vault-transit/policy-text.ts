import { VaultRefusal } from './vault-answers.ts'

/** One `path` block. */
export interface PolicyRule {
  readonly pattern: string
  readonly capabilities: readonly string[]
  /** Fields that a request must have. */
  readonly required: readonly string[]
}

const capabilities = [
  'create',
  'read',
  'update',
  'patch',
  'delete',
  'list',
  'sudo',
  'deny',
  'subscribe',
  'recover',
]
const members = ['capabilities', 'required_parameters']

const spaces = /(?:\s|#.*|\/\/.*|\/\*[\s\S]*?\*\/)*/y
const token = /"(?:[^"\\\n]|\\.)*"|[A-Za-z_][\w-]*|[{}[\]=,]/y

/**
 * Reads a policy: `path` blocks with lists of `capabilities` and of `required_parameters`, and comments. Whatever else
 * Vault would weigh is refused, so that nothing is allowed here that it would not allow.
 *
 * @throws VaultRefusal 400
 */
export function parsePolicy(text: string): readonly PolicyRule[] {
  const words = wordsOf(text)
  let at = 0
  const next = (what: string, fits: (word: string) => boolean): string => {
    const word = words[at]
    if (word === undefined || !fits(word)) throw mistake(`${what} is due in place of ${word ?? 'its end'}`)
    at += 1
    return word
  }
  const exactly = (due: string): string => next(due, (word) => word === due)
  const quoted = (what: string): string => next(what, (word) => word.startsWith('"')).slice(1, -1)
  const list = (): readonly string[] => {
    const found: string[] = []
    exactly('[')
    while (words[at] !== ']') {
      found.push(quoted('a text'))
      if (words[at] !== ']') exactly(',')
    }
    exactly(']')
    return found
  }

  const rules: PolicyRule[] = []
  while (at < words.length) {
    exactly('path')
    const pattern = quoted('a path')
    const lists = new Map<string, readonly string[]>()
    exactly('{')
    while (words[at] !== '}') {
      const name = next('a member', (word) => /^\w/.test(word))
      if (!members.includes(name)) throw mistake(`${name} is not weighed here, ${members.join(' and ')} are`)
      exactly('=')
      lists.set(name, list())
      if (words[at] === ',') at += 1
    }
    exactly('}')
    const given = lists.get('capabilities') ?? []
    const unknown = given.find((name) => !capabilities.includes(name))
    if (unknown !== undefined) throw mistake(`path "${pattern}": invalid capability "${unknown}"`)
    rules.push({ pattern, capabilities: given, required: lists.get('required_parameters') ?? [] })
  }
  return rules
}

function wordsOf(text: string): readonly string[] {
  const words: string[] = []
  let at = 0
  const take = (pattern: RegExp): string => {
    pattern.lastIndex = at
    const found = pattern.exec(text)?.[0] ?? ''
    at += found.length
    return found
  }
  for (take(spaces); at < text.length; take(spaces)) {
    const word = take(token)
    if (word === '') throw mistake(`nothing in a policy begins with ${text.slice(at, at + 12)}`)
    words.push(word)
  }
  return words
}

function mistake(what: string): VaultRefusal {
  return new VaultRefusal(400, `failed to parse policy: ${what}`)
}
