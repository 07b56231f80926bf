import { wrapAuthenticityOf } from '@keywright/core/engine'
import { adviceOn } from '../advice/advice.ts'
import type { ConfigFile, KeyringConfig } from '../config/config-file.ts'
import { type Check, notChecked, ok, warning } from './check.ts'
import { type Evidence, isUnreached } from './evidence.ts'
import type { Answer, Operation } from './prober.ts'

const check = 'local policy'

/** One thing that a keyring does with the key, and the calls of which one has to be allowed for it. */
interface Use {
  readonly does: string
  readonly needs: readonly Operation[]
}

/**
 * Whether the key can do what the config file's keyrings do with it.
 *
 * @param scheme of the key
 * @param uri as the file would write it
 * @param config undefined without one
 * @param evidence of its calls
 */
export function policyCheck(
  scheme: string,
  uri: string,
  config: ConfigFile | undefined,
  evidence: Evidence,
): Check {
  if (config === undefined) return notChecked(check, 'there is no config file')
  const named = Object.entries(config.keyrings).flatMap(([name, ring]) => {
    const uses = usesOf(uri, ring)
    return uses.length === 0 ? [] : [{ name, ring, uses }]
  })
  if (named.length === 0) return notChecked(check, 'no keyring of the config file names it')
  const facts = named.map(({ name, ring, uses }) => {
    return `keyring ${name}: ${[...uses.map(({ does }) => does), ...consentsOf(ring)].join(', ')}`
  })
  const proofs = new Set<Operation>()
  for (const { name, uses } of named) {
    for (const { does, needs } of uses) {
      const answers = needs.flatMap((operation) => {
        const answer = answerTo(operation, evidence)
        return answer === undefined ? [] : [[operation, answer] as const]
      })
      const allowed = answers.find(([, { error }]) => error === undefined)
      const [refusal] = answers
      if (allowed !== undefined) proofs.add(allowed[0])
      else if (refusal?.[1].error === undefined)
        return notChecked(check, `${facts.join('; ')}; no call proved it`)
      else return unfit(scheme, `keyring ${name}: ${does}`, refusal[0], refusal[1].error.code)
    }
  }
  const mixed = named.some(({ ring }) => keysOf(ring).size > 1 && ring.acceptPublicKeyWrap !== true)
  const wrappedBy = mixed ? publicWrap(scheme, evidence) : undefined
  if (wrappedBy === undefined) return ok(check, facts.join('; '), ...proofs)
  const fix =
    'acceptPublicKeyWrap in the keyring, if that is what you want: its slots, which anyone can make, are refused beside others'
  return warning(check, facts.join('; '), fix, wrappedBy)
}

/** The first key of a list draws the data key where it can; every other one wraps it. */
function usesOf(uri: string, { seal = [], open = [], groups = [] }: KeyringConfig): readonly Use[] {
  const wraps = ['wrapKey'] as const
  return [
    ...(seal.includes(uri)
      ? [{ does: 'seals', needs: seal[0] === uri ? [...wraps, 'generateDataKey' as const] : wraps }]
      : []),
    ...(open.includes(uri) ? [{ does: 'opens only', needs: ['unwrapKey' as const] }] : []),
    ...groups.flatMap((group, at) =>
      group.includes(uri) ? [{ does: `is in group ${at + 1} of ${groups.length}`, needs: wraps }] : [],
    ),
  ]
}

function consentsOf({
  threshold,
  minThreshold,
  acceptPublicKeyWrap,
  cache,
}: KeyringConfig): readonly string[] {
  return [
    ...(threshold === undefined ? [] : [`threshold ${threshold}`]),
    ...(minThreshold === undefined ? [] : [`at least ${minThreshold} on reading`]),
    ...(acceptPublicKeyWrap === true ? ['public-key wraps are accepted'] : []),
    ...(cache === undefined ? [] : ['data keys are cached']),
  ]
}

function keysOf({ seal = [], open = [], groups = [] }: KeyringConfig): ReadonlySet<string> {
  return new Set([...seal, ...open, ...groups.flat()])
}

/** A call that got no answer says nothing of the policy. */
function answerTo(operation: Operation, { wrap, unwrap, generate }: Evidence): Answer<unknown> | undefined {
  const answers: Partial<Record<Operation, Answer<unknown> | undefined>> = {
    wrapKey: wrap,
    unwrapKey: unwrap,
    generateDataKey: generate,
  }
  const answer = answers[operation]
  return isUnreached(answer) ? undefined : answer
}

function unfit(scheme: string, use: string, operation: Operation, code: NonNullable<Check['code']>): Check {
  const advice = adviceOn({ code, scheme, operation })
  const fix = `${advice === undefined ? '' : `${advice}; or `}take the key out of that keyring`
  return {
    check,
    result: 'failed',
    detail: `${use}, and ${operation} ended with ${code}`,
    provedBy: [operation],
    code,
    fix,
  }
}

/** The call whose wrap anyone with the public key could have made. */
function publicWrap(scheme: string, { connect, wrap }: Evidence): Operation | undefined {
  if (wrap === undefined || wrap.error !== undefined || connect?.error !== undefined) return undefined
  const known = wrapAuthenticityOf({ scheme, algorithm: wrap.value.algorithm })
  const declared = connect?.value.capabilities.wrapAuthenticity
  return (known === 'unknown' ? declared : known) === 'public-key' ? 'wrapKey' : undefined
}
