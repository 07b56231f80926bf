/** What an answer of Vault that is an error holds, as far as it is read. */
export interface VaultErrorAnswer {
  readonly statusCode: number
  readonly body?: { readonly errors?: unknown; readonly request_id?: unknown } | undefined
  readonly retryAfterMs?: number | undefined
}

/**
 * A call to Vault that failed: what was answered, or the system's code where nothing was. It has the shape of
 * node-vault's own error, and nothing of the request: no token, no data key.
 */
export class VaultFailure extends Error {
  override readonly name = 'VaultFailure'
  readonly response: VaultErrorAnswer | undefined
  readonly code: string | undefined

  constructor(found: VaultErrorAnswer | string) {
    super('the call to Vault failed')
    this.response = typeof found === 'string' ? undefined : found
    this.code = typeof found === 'string' ? found : undefined
  }
}

/** The answer in an error of ours or of node-vault. */
export function answerOf(error: unknown): VaultErrorAnswer | undefined {
  const response = (error as { response?: VaultErrorAnswer } | undefined)?.response
  return typeof response?.statusCode === 'number' ? response : undefined
}

/** All that Vault said, as one text. */
export function textOf(answer: VaultErrorAnswer): string {
  const errors = answer.body?.errors
  return Array.isArray(errors) ? errors.filter((line) => typeof line === 'string').join('\n') : ''
}
