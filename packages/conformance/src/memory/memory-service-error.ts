/** What the in-memory key manager says when it refuses. */
export type MemoryRefusal =
  | 'BadRequest'
  | 'BadCiphertext'
  | 'NotFound'
  | 'Disabled'
  | 'Destroyed'
  | 'VersionRetired'
  | 'Forbidden'
  | 'Unauthenticated'
  | 'Throttled'
  | 'Unavailable'

/** An error of the in-memory key manager's client, as careless as those of real ones: it repeats the request. */
export class MemoryServiceError extends Error {
  override readonly name = 'MemoryServiceError'
  readonly refusal: MemoryRefusal
  readonly requestId = 'memory-request-1'
  readonly retryAfterMs: number | undefined

  constructor(refusal: MemoryRefusal, more: { retryAfterMs?: number; request?: string } = {}) {
    super(`${refusal} ${more.request ?? ''}`)
    this.refusal = refusal
    this.retryAfterMs = more.retryAfterMs
  }
}
