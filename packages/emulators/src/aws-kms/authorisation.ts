import type { Grants } from '../grants.ts'
import { KmsError } from './kms-error.ts'
import { account, type KmsGrant, type KmsKey, type KmsState } from './kms-state.ts'
import {
  evaluate,
  listOf,
  type PolicyDocument,
  type PolicyStatement,
  parsePolicy,
} from './policy-document.ts'

/** Somebody with an access key. */
export interface AwsPrincipal {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  /** Of temporary credentials. */
  readonly sessionToken?: string | undefined
  /** When temporary credentials end. */
  readonly expiresAt?: Date | undefined
  /** Default: `arn:aws:iam::111122223333:user/` and the access key id. */
  readonly arn?: string | undefined
  /** What the principal may do. Default: everything. */
  readonly policy?: PolicyDocument | undefined
}

/** What is to be done, and to what. */
export interface Asked {
  /** Without `kms:`. */
  readonly action: string
  readonly key?: KmsKey | undefined
  readonly context?: Readonly<Record<string, string>> | undefined
  /** Further condition keys of the request, in lower case. */
  readonly values?: Readonly<Record<string, string>> | undefined
}

const everything: PolicyDocument = { Statement: { Effect: 'Allow', Action: '*', Resource: '*' } }

/** Who may do what: grants of the emulator, identity policies, key policies and grants on keys, as IAM weighs them. */
export class Authorisation {
  readonly #state: KmsState
  readonly #grants: Grants
  readonly #actions = new Map<string, Set<string>>()

  constructor(state: KmsState, grants: Grants) {
    this.#state = state
    this.#grants = grants
  }

  /** The IAM actions that were asked for, sorted, each once; of one principal's access key, or of all. */
  actions(accessKeyId?: string): readonly string[] {
    const sets =
      accessKeyId === undefined ? [...this.#actions.values()] : [this.#actions.get(accessKeyId) ?? []]
    return [...new Set(sets.flatMap((set) => [...set]))].sort()
  }

  forgetActions(): void {
    this.#actions.clear()
  }

  /** @throws KmsError `AccessDeniedException` */
  check(principal: AwsPrincipal, asked: Asked): void {
    const { action, key } = asked
    const seen = this.#actions.get(principal.accessKeyId) ?? new Set()
    this.#actions.set(principal.accessKeyId, seen.add(`kms:${action}`))
    const reason = this.#refusal(principal, asked)
    if (reason === undefined) return
    const on = key === undefined ? '' : ` on resource: ${key.arn}`
    const message = `User: ${arnOf(principal)} is not authorized to perform: kms:${action}${on} ${reason}`
    throw new KmsError('AccessDeniedException', message)
  }

  #refusal(principal: AwsPrincipal, asked: Asked): string | undefined {
    const { action, key } = asked
    const arn = arnOf(principal)
    const values = conditionValues(asked, arn)
    const question = { action: `kms:${action}`, resource: key?.arn ?? '*', principal: arn, values }
    const because = (kind: string): string =>
      `because no ${kind}-based policy allows the kms:${action} action`
    if (!this.#grants.allows(principal.accessKeyId, action)) return because('identity')
    const byIdentity = evaluate(principal.policy ?? everything, question, () => true)
    if (byIdentity === 'deny') return 'with an explicit deny in an identity-based policy'
    if (key === undefined) return byIdentity === 'allow' ? undefined : because('identity')
    const policy = parsePolicy(key.policy)
    if (evaluate(policy, question, (statement) => names(statement, arn)) === 'deny') {
      return 'with an explicit deny in a resource-based policy'
    }
    if (evaluate(policy, question, (statement) => names(statement, arn, 'alone')) === 'allow')
      return undefined
    if (this.#state.grants.some((grant) => grants(grant, arn, asked))) return undefined
    const delegates = evaluate(policy, question, (statement) =>
      names(statement, `arn:aws:iam::${account}:root`, 'alone'),
    )
    if (delegates !== 'allow') return because('resource')
    return byIdentity === 'allow' ? undefined : because('identity')
  }
}

/** The policy that CreateKey gives a key: the account's IAM policies decide. */
export const defaultKeyPolicy: string = JSON.stringify({
  Version: '2012-10-17',
  Id: 'key-default-1',
  Statement: [
    {
      Sid: 'Enable IAM User Permissions',
      Effect: 'Allow',
      Principal: { AWS: `arn:aws:iam::${account}:root` },
      Action: 'kms:*',
      Resource: '*',
    },
  ],
})

/** ARN of a principal. */
export function arnOf({ arn, accessKeyId }: AwsPrincipal): string {
  return arn ?? `arn:aws:iam::${account}:user/${accessKeyId}`
}

/** A denial for the whole account meets each of its principals; a permission for it only lets their own policies decide. */
function names({ Principal: principal }: PolicyStatement, arn: string, who?: 'alone'): boolean {
  if (principal === undefined || principal === '*') return true
  const named = listOf(principal.AWS)
  const wholeAccount = who === 'alone' ? [] : [`arn:aws:iam::${account}:root`, account]
  return ['*', arn, ...wholeAccount].some((each) => named.includes(each))
}

function grants(grant: KmsGrant, arn: string, { action, key, context = {} }: Asked): boolean {
  if (grant.keyArn !== key?.arn || grant.grantee !== arn || !grant.operations.includes(action)) return false
  const { EncryptionContextEquals: equals, EncryptionContextSubset: subset } = grant.constraints ?? {}
  const within = Object.entries({ ...equals, ...subset }).every(([name, value]) => context[name] === value)
  return within && (equals === undefined || Object.keys(context).length === Object.keys(equals).length)
}

function conditionValues({ key, context, values = {} }: Asked, arn: string): Map<string, readonly string[]> {
  const found = new Map<string, readonly string[]>([
    ['aws:principalarn', [arn]],
    ['kms:calleraccount', [account]],
  ])
  for (const [name, value] of Object.entries(values)) found.set(name, [value])
  if (key !== undefined) {
    found.set('kms:keyspec', [key.spec])
    found.set('kms:keyusage', [key.usage])
    found.set('kms:keyorigin', [key.origin])
    found.set('kms:multiregion', [String(key.primaryRegion !== undefined)])
  }
  const pairs = Object.entries(context ?? {})
  for (const [name, value] of pairs) found.set(`kms:encryptioncontext:${name.toLowerCase()}`, [value])
  if (pairs.length > 0)
    found.set(
      'kms:encryptioncontextkeys',
      pairs.map(([name]) => name),
    )
  return found
}
