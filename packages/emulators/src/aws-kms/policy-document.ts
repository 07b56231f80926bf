import { KmsError } from './kms-error.ts'

type OneOrMore = string | readonly string[]

/** A statement of a policy. */
export interface PolicyStatement {
  readonly Sid?: string | undefined
  readonly Effect: 'Allow' | 'Deny'
  /** In key policies only. */
  readonly Principal?: '*' | { readonly AWS: OneOrMore } | undefined
  readonly Action: OneOrMore
  readonly Resource?: OneOrMore | undefined
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, OneOrMore>>>> | undefined
}

/** An IAM policy, or a key policy. */
export interface PolicyDocument {
  readonly Version?: string | undefined
  readonly Id?: string | undefined
  readonly Statement: PolicyStatement | readonly PolicyStatement[]
}

/** What a policy is asked. */
export interface PolicyQuestion {
  /** Such as `kms:Decrypt`. */
  readonly action: string
  /** A key ARN, or `*` where the action is on no key. */
  readonly resource: string
  /** ARN of who asks. */
  readonly principal: string
  /** Values of condition keys, whose names are in lower case: IAM tells no case apart there. */
  readonly values: ReadonlyMap<string, readonly string[]>
}

type Test = (value: string, wanted: string) => boolean

const operators: Readonly<Record<string, { readonly test: Test; readonly negated?: true }>> = {
  StringEquals: { test: (value, wanted) => value === wanted },
  StringNotEquals: { test: (value, wanted) => value === wanted, negated: true },
  StringEqualsIgnoreCase: { test: (value, wanted) => value.toLowerCase() === wanted.toLowerCase() },
  StringLike: { test: (value, wanted) => matches(value, wanted) },
  StringNotLike: { test: (value, wanted) => matches(value, wanted), negated: true },
  ArnEquals: { test: (value, wanted) => matches(value, wanted) },
  ArnLike: { test: (value, wanted) => matches(value, wanted) },
  Bool: { test: (value, wanted) => value === wanted.toLowerCase() },
}

const operatorGrammar = /^(?:(ForAllValues|ForAnyValue):)?([A-Za-z]+?)(IfExists)?$/
const members = new Set(['Sid', 'Effect', 'Principal', 'Action', 'Resource', 'Condition'])

/**
 * Reads a policy, and refuses one with a part that is not evaluated here: passed over, it would grant or refuse
 * something else than in AWS.
 *
 * @throws KmsError `MalformedPolicyDocumentException`
 */
export function parsePolicy(text: string): PolicyDocument {
  let document: PolicyDocument
  try {
    document = JSON.parse(text) as PolicyDocument
  } catch {
    throw malformed('it is no JSON')
  }
  for (const statement of statementsOf(document)) {
    const unknown = Object.keys(statement ?? {}).find((name) => !members.has(name))
    if (unknown !== undefined) throw malformed(`${unknown} is not evaluated here`)
    if (!['Allow', 'Deny'].includes(statement?.Effect) || statement.Action === undefined) {
      throw malformed('a statement has an Effect and an Action')
    }
    for (const name of Object.keys(statement.Condition ?? {})) {
      const [, , operator = ''] = operatorGrammar.exec(name) ?? []
      if (operator !== 'Null' && operators[operator] === undefined)
        throw malformed(`${name} is not evaluated here`)
    }
  }
  return document
}

/** What a policy says to a question; undefined where it says nothing. A denial outweighs everything. */
export function evaluate(
  document: PolicyDocument,
  question: PolicyQuestion,
  isNamed: (statement: PolicyStatement) => boolean,
): 'allow' | 'deny' | undefined {
  const applying = statementsOf(document).filter(
    (statement) =>
      isNamed(statement) &&
      listOf(statement.Action).some((action) =>
        matches(question.action.toLowerCase(), action.toLowerCase()),
      ) &&
      listOf(statement.Resource ?? '*').some((resource) => matches(question.resource, resource)) &&
      holds(statement.Condition ?? {}, question.values),
  )
  if (applying.some(({ Effect }) => Effect === 'Deny')) return 'deny'
  return applying.length > 0 ? 'allow' : undefined
}

export function listOf(value: OneOrMore): readonly string[] {
  return typeof value === 'string' ? [value] : value
}

function statementsOf({ Statement: statements }: PolicyDocument): readonly PolicyStatement[] {
  if (statements === undefined) throw malformed('it has no statement')
  return [statements].flat() as PolicyStatement[]
}

function holds(
  conditions: NonNullable<PolicyStatement['Condition']>,
  values: PolicyQuestion['values'],
): boolean {
  return Object.entries(conditions).every(([name, keys]) =>
    Object.entries(keys).every(([key, wanted]) =>
      conditionHolds(name, values.get(key.toLowerCase()), listOf(wanted)),
    ),
  )
}

function conditionHolds(
  name: string,
  found: readonly string[] | undefined,
  wanted: readonly string[],
): boolean {
  const [, quantifier, operator = '', ifExists] = operatorGrammar.exec(name) ?? []
  if (operator === 'Null') return wanted.includes(String(found === undefined))
  const { test, negated = false } = operators[operator] ?? { test: () => false }
  const matchesAny = (value: string): boolean => wanted.some((each) => test(value, each)) !== negated
  if (quantifier === 'ForAllValues') return (found ?? []).every(matchesAny)
  if (found === undefined) return ifExists !== undefined || (negated && quantifier === undefined)
  return quantifier === undefined && negated ? found.every(matchesAny) : found.some(matchesAny)
}

/** `*` stands for any text, `?` for one character. */
function matches(value: string, pattern: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  return new RegExp(`^${source}$`, 's').test(value)
}

function malformed(why: string): KmsError {
  return new KmsError('MalformedPolicyDocumentException', `The policy cannot be used: ${why}.`)
}
