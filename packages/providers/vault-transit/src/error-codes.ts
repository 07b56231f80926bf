import type { ProviderDefinition } from '@keywright/core/provider'
import { networkErrorCode } from '@keywright/resilience'
import { answerOf, textOf, type VaultFailure } from './client/vault-failure.ts'

type Classify = ProviderDefinition<unknown>['classify']
type Code = ReturnType<Classify>['code']

/**
 * What Vault says in words, because one status stands for many things; the first that occurs counts. The texts are
 * those of Vault 1.21, and with them of OpenBao.
 */
export const codeOfText: readonly (readonly [text: string, code: Code])[] = [
  ['invalid token', 'unauthenticated'],
  ['encryption key not found', 'key-not-found'],
  ['no handler for route', 'key-not-found'],
  ['(too old)', 'key-version-retired'],
  ['no such key version', 'key-version-retired'],
  ['soft-deleted', 'key-disabled'],
  ['message authentication failed', 'unwrap-failed'],
  ['invalid ciphertext', 'unwrap-failed'],
  ['illegal base64 data', 'invalid-argument'],
  ["missing 'context'", 'invalid-argument'],
  ['non-AEAD', 'unsupported'],
  ['not supported for key type', 'unsupported'],
  ['HTTP request to an HTTPS server', 'configuration'],
]

/** What a status means where no text of the table occurs. */
export const codeOfStatus: ReadonlyMap<number, Code> = new Map([
  [400, 'invalid-argument'],
  [403, 'access-denied'],
  [404, 'key-not-found'],
  [405, 'unsupported'],
  [412, 'unavailable'],
  [413, 'invalid-argument'],
  [429, 'throttled'],
  [472, 'unavailable'],
  [473, 'unavailable'],
  [500, 'unavailable'],
  [502, 'unavailable'],
  [503, 'unavailable'],
  [504, 'unavailable'],
])

/** What the transport itself says where there was no answer; the rest are codes of the system. */
const codeOfTransport: readonly (readonly [pattern: RegExp, code: Code])[] = [
  [/^aborted$/, 'aborted'],
  [/^too-long$/, 'invalid-response'],
  [/^ERR_(INVALID|OSSL)_/, 'configuration'],
]

/** Maps what node-vault or the transport threw to one of our codes; texts are the same for every operation. */
export const classifyVaultError: Classify = (error) => {
  const answer = answerOf(error)
  if (answer === undefined) {
    const system = String((error as Partial<VaultFailure> | undefined)?.code)
    const own = codeOfTransport.find(([pattern]) => pattern.test(system))?.[1]
    return { code: own ?? networkErrorCode(system) ?? 'unknown' }
  }
  const text = textOf(answer)
  const told = answer.statusCode < 429 ? codeOfText.find(([part]) => text.includes(part))?.[1] : undefined
  const requestId = answer.body?.request_id
  return {
    code: told ?? codeOfStatus.get(answer.statusCode) ?? 'unknown',
    requestId: typeof requestId === 'string' ? requestId : undefined,
    retryAfterMs: answer.retryAfterMs,
  }
}
