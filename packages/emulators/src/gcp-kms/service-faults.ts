import type { ServiceFault } from '../faults.ts'
import { checksumOf, type DecryptResponse, type EncryptResponse } from './crypto-operations.ts'
import { GrpcError } from './grpc-error.ts'
import { keyOf } from './resource-names.ts'

/** What a refusal may speak of. */
export interface FaultyCall {
  readonly permission: string
  /** The resource that was asked for. */
  readonly resource: string
  /** The request as it came, and the credential, for a service that repeats both. */
  readonly request: Uint8Array
  readonly authorization: string
}

/** Refuses in the service's words where the fault is a refusal. */
export function refuseFor(fault: ServiceFault, call: FaultyCall): void {
  switch (fault.kind) {
    case 'throttle':
      throw overQuota(quotaMetric(call.permission), fault.retryAfterSeconds)
    case 'unavailable':
      throw new GrpcError('UNAVAILABLE', 'The service is currently unavailable.')
    case 'unauthenticated':
      throw unauthenticated()
    case 'deny':
      throw denied(call.permission, call.resource)
    case 'nonsense':
      throw new GrpcError('UNKNOWN', 'Something of a kind that nobody has heard of.')
    case 'leaky-error': {
      const bytes = Buffer.from(call.request)
      const request = `${bytes.toString('base64')} ${bytes.toString('hex')}`
      throw new GrpcError('INTERNAL', `Failed for ${call.authorization} on ${request}`, [
        ['google.rpc.DebugInfo', { detail: `${call.authorization} ${request}` }],
      ])
    }
    default:
  }
}

/** Changes the answer of Encrypt where the fault is a lie. */
export function falsifiedWrap(answer: EncryptResponse, fault: ServiceFault): object {
  const { name, ciphertext } = answer
  switch (fault.kind) {
    case 'other-key':
      return { ...answer, name: name.replace(keyOf(name), `${keyOf(name)}-other`) }
    case 'other-version':
      return { ...answer, name: `${keyOf(name)}/cryptoKeyVersions/999999` }
    case 'no-key-named':
    case 'no-version':
      return without(answer, 'name')
    case 'wrapped-length': {
      const other = resized(ciphertext, fault.bytes)
      return { ...answer, ciphertext: other, ciphertextCrc32c: checksumOf(other) }
    }
    case 'wrong-checksum':
      return { ...answer, ciphertextCrc32c: checksumOf(resized(ciphertext, ciphertext.length + 1)) }
    case 'checksum-unverified':
      return { ...answer, verifiedPlaintextCrc32c: false, verifiedAdditionalAuthenticatedDataCrc32c: false }
    default:
      return answer
  }
}

/** Changes the answer of Decrypt where the fault is a lie. It names no key and no version, so cannot name others. */
export function falsifiedUnwrap(answer: DecryptResponse, fault: ServiceFault): object {
  const { plaintext } = answer
  switch (fault.kind) {
    case 'no-data-key':
      return without(answer, 'plaintext')
    case 'data-key-length': {
      const other = resized(plaintext, fault.bytes)
      return { ...answer, plaintext: other, plaintextCrc32c: checksumOf(other) }
    }
    case 'wrong-checksum':
      return { ...answer, plaintextCrc32c: checksumOf(resized(plaintext, plaintext.length + 1)) }
    default:
      return answer
  }
}

/** Refuses for want of a permission. */
export function denied(permission: string, resource: string): GrpcError {
  const message = `Permission '${permission}' denied on resource '${resource}' (or it may not exist).`
  return new GrpcError('PERMISSION_DENIED', message)
}

function quotaMetric(permission: string): string {
  if (/[.]useTo/.test(permission)) return 'Cryptographic requests'
  return /[.](?:get|list)$/.test(permission) ? 'Read requests' : 'Write requests'
}

function overQuota(metric: string, retryAfterSeconds: number | undefined): GrpcError {
  const message = `Quota exceeded for quota metric '${metric}' and limit '${metric} per minute' of service 'cloudkms.googleapis.com' for consumer 'project_number:1'.`
  const info = {
    reason: 'RATE_LIMIT_EXCEEDED',
    domain: 'googleapis.com',
    metadata: { service: 'cloudkms.googleapis.com', consumer: 'projects/1' },
  }
  const delay = { retryDelay: { seconds: String(retryAfterSeconds ?? 0) } }
  return new GrpcError('RESOURCE_EXHAUSTED', message, [
    ['google.rpc.ErrorInfo', info],
    ...(retryAfterSeconds === undefined ? [] : [['google.rpc.RetryInfo', delay] as const]),
  ])
}

function unauthenticated(): GrpcError {
  const message =
    'Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential.'
  const info = { reason: 'ACCESS_TOKEN_EXPIRED', domain: 'googleapis.com', metadata: {} }
  return new GrpcError('UNAUTHENTICATED', message, [['google.rpc.ErrorInfo', info]])
}

function resized(bytes: Uint8Array, length: number): Uint8Array {
  const other = new Uint8Array(length)
  other.set(bytes.subarray(0, length))
  return other
}

function without(answer: object, member: string): object {
  return Object.fromEntries(Object.entries(answer).filter(([name]) => name !== member))
}
