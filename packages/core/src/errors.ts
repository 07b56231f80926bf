/** What went wrong at a key manager, the same words for every provider. */
export type KeyManagerErrorCode =
  | 'access-denied'
  | 'unauthenticated'
  | 'key-not-found'
  | 'key-disabled'
  | 'key-destroyed'
  | 'key-version-retired'
  | 'unwrap-failed'
  | 'key-mismatch'
  | 'invalid-response'
  | 'invalid-argument'
  | 'unsupported'
  | 'throttled'
  | 'unavailable'
  | 'timeout'
  | 'aborted'
  | 'configuration'
  | 'unknown'

/** What is wrong with an envelope, or why policy refuses it. */
export type EnvelopeErrorCode =
  | 'malformed-envelope'
  | 'unsupported-version'
  | 'no-matching-key'
  | 'policy-mismatch'
  | 'context-mismatch'
  | 'authentication-failed'
  | 'truncated'
  | 'limit-exceeded'
  | 'conflict'

/** What a store (a file system, later an object store) refused. */
export type StorageErrorCode =
  | 'storage-not-found'
  | 'storage-exists'
  | 'storage-denied'
  | 'storage-read-only'
  | 'storage-full'
  | 'storage-failed'

/** Every code that a {@link KeywrightError} can carry; the union is closed. */
export type ErrorCode = KeyManagerErrorCode | EnvelopeErrorCode | StorageErrorCode

/** What a caller may do about an error: nothing, try again later, or try again with fresh credentials. */
export type RetryClass = 'never' | 'later' | 'after-login'

/** Calls that reach a key manager. */
export type KeyOperation =
  | 'connect'
  | 'wrapKey'
  | 'unwrapKey'
  | 'generateDataKey'
  | 'rewrapKey'
  | 'describeKey'
  | 'close'

/** What one slot answered while an envelope was being opened. */
export interface SlotFailure {
  /** Key URI of the KEK that was asked. */
  readonly key: string
  readonly code: ErrorCode
}

/** The redacted record of an error: names and numbers only, never bytes from a key, a plaintext or a credential. */
export interface ErrorDetails {
  /** The header field, option or argument that was refused. */
  readonly field?: string | undefined
  /** Scheme of the provider that was called. */
  readonly provider?: string | undefined
  readonly operation?: KeyOperation | undefined
  /** Key URI of the KEK concerned. */
  readonly key?: string | undefined
  /** The service's own id of the failed request. */
  readonly requestId?: string | undefined
  /** Delay that the service asked for, in milliseconds. */
  readonly retryAfterMs?: number | undefined
  /** Calls made before giving up. */
  readonly attempts?: number | undefined
  /** What each slot answered, in the order tried. */
  readonly slots?: readonly SlotFailure[] | undefined
}

const later: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['throttled', 'unavailable', 'timeout', 'conflict'])

/** A registered symbol: copies of this package installed side by side recognise each other's errors. */
const brand: symbol = Symbol.for('keywright.error')

/**
 * The one error class of Keywright. `code` is for programs, `message` for people; `details` is safe to log.
 * The error of a service's own client is never attached: it can carry a token or a data key.
 */
export class KeywrightError extends Error {
  override readonly name = 'KeywrightError'
  readonly code: ErrorCode
  readonly retry: RetryClass
  readonly details: ErrorDetails

  /**
   * @param code what went wrong
   * @param message one sentence for a person, without secrets, that says what to do where something can be done
   * @param details the redacted record
   */
  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message)
    this.code = code
    this.retry = later.has(code) ? 'later' : code === 'unauthenticated' ? 'after-login' : 'never'
    this.details = details
    Object.defineProperty(this, brand, { value: true })
  }

  /** The error as plain data, for logs. */
  toJSON(): { name: string; code: ErrorCode; message: string; retry: RetryClass; details: ErrorDetails } {
    return {
      name: this.name,
      code: this.code,
      message: this.message,
      retry: this.retry,
      details: this.details,
    }
  }
}

/**
 * Tells whether a caught value is a Keywright error, also one from another installed copy of this package.
 *
 * @param value anything that was thrown
 * @param code when given, the error must carry this code
 */
export function isKeywrightError(value: unknown, code?: ErrorCode): value is KeywrightError {
  if (typeof value !== 'object' || value === null || !(brand in value)) return false
  return code === undefined || (value as KeywrightError).code === code
}
