import { randomBytes } from 'node:crypto'
import type { ServiceFault } from '../faults.ts'
import type { Header } from './flavour.ts'
import type { KeyOperation, OperationResult } from './key-operations.ts'
import { ServiceError } from './service-error.ts'

/** What a fault makes of a request, whatever it asks for; undefined where the fault is one of the answer's content. */
export interface FaultRefusal {
  readonly error: ServiceError
  readonly headers: readonly Header[]
}

/** The refusal that a fault stands for. */
export function refusalOf(
  fault: ServiceFault,
  request: { readonly authorization: string | undefined; readonly body: Uint8Array },
): FaultRefusal | undefined {
  const refusal = (status: number, code: string, message: string, ...headers: Header[]): FaultRefusal => ({
    error: new ServiceError(status, code, message),
    headers,
  })
  switch (fault.kind) {
    case 'throttle': {
      const message =
        'Request was not processed because too many requests were received. Reason: VaultRequestTypeLimitReached'
      const delay = fault.retryAfterSeconds
      return delay === undefined
        ? refusal(429, 'Throttled', message)
        : refusal(429, 'Throttled', message, ['Retry-After', String(delay)])
    }
    case 'unavailable':
      return refusal(503, 'ServiceUnavailable', 'The service is unavailable.')
    case 'unauthenticated':
      return refusal(401, 'Unauthorized', 'AKV10000: the token is not accepted any more.')
    case 'nonsense':
      return refusal(418, 'Teapot', 'I will not.')
    case 'leaky-error': {
      const said = `${request.authorization} ${Buffer.from(request.body).toString()}`
      return refusal(400, 'BadParameter', `Cannot make sense of ${said}`)
    }
    default:
      return undefined
  }
}

/** The `kid` that is named, changed as a fault wants it; undefined: none. */
export function faultyKid(fault: ServiceFault | undefined, kid: string): string | undefined {
  switch (fault?.kind) {
    case 'no-key-named':
      return undefined
    case 'no-version':
      return kid.replace(/\/[0-9a-f]{32}$/, '')
    case 'other-version':
      return kid.replace(/[0-9a-f]{32}$/, randomBytes(16).toString('hex'))
    case 'other-key':
      return kid.replace(/\/keys\/([^/]+)/, '/keys/not-$1')
    default:
      return kid
  }
}

/** The value that is answered, changed as a fault wants it; undefined: none. */
export function faultyValue(
  fault: ServiceFault | undefined,
  operation: KeyOperation,
  { value }: OperationResult,
): Uint8Array | undefined {
  const plain = operation === 'unwrapKey' || operation === 'decrypt'
  if (fault?.kind === 'no-data-key' && plain) return undefined
  if (fault?.kind === 'data-key-length' && plain) return resized(value, fault.bytes)
  if (fault?.kind === 'wrapped-length' && !plain) return resized(value, fault.bytes)
  return value
}

function resized(bytes: Uint8Array, length: number): Uint8Array {
  return Buffer.concat([bytes, Buffer.alloc(Math.max(0, length - bytes.length))]).subarray(0, length)
}
