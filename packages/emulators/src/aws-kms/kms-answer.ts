import { randomUUID } from 'node:crypto'
import type { ServiceFault } from '../faults.ts'
import type { HttpAnswer, HttpRequest } from '../http-service.ts'
import { KmsError } from './kms-error.ts'
import type { Output } from './kms-service.ts'

/** An answer as the service sends it: compact JSON, members in alphabetical order, one set of headers for all. */
export function kmsAnswer(status: number, output: Output, now: Date, error?: string): HttpAnswer {
  return {
    status,
    headers: [
      ['x-amzn-RequestId', randomUUID()],
      ['Cache-Control', 'no-cache, no-store, must-revalidate, private'],
      ['Expires', '0'],
      ['Pragma', 'no-cache'],
      ['Date', now.toUTCString()],
      ['Content-Type', 'application/x-amz-json-1.1'],
    ],
    body: output === undefined ? '' : JSON.stringify(inOrder(output)),
    error,
  }
}

/** The answer to a request that is refused. */
export function refusal({ name, message, member, status }: KmsError, now: Date): HttpAnswer {
  const text = member === undefined ? {} : { [member]: message }
  // Not in alphabetical order: the type comes first, whatever the other member's case.
  return { ...kmsAnswer(status, undefined, now, name), body: JSON.stringify({ __type: name, ...text }) }
}

/**
 * What a fault makes of a call before it is served.
 *
 * @throws KmsError for the faults that refuse
 */
export function throwFault(fault: ServiceFault | undefined, request: HttpRequest): void {
  switch (fault?.kind) {
    case 'throttle':
      throw new KmsError(
        'ThrottlingException',
        'You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls.',
      )
    case 'unavailable':
      throw new KmsError(
        'KMSInternalException',
        'The request was rejected because an internal error occurred.',
        500,
      )
    case 'unauthenticated':
      throw new KmsError(
        'UnrecognizedClientException',
        'The security token included in the request is invalid.',
      )
    case 'deny':
      throw new KmsError(
        'AccessDeniedException',
        'The principal is not authorized to perform this operation.',
      )
    case 'nonsense':
      throw new KmsError('TeapotException', 'short and stout', 418)
    case 'leaky-error': {
      const { authorization = '', 'x-amz-security-token': token = '' } = request.headers
      throw new KmsError(
        'ImpoliteException',
        `${authorization} ${token} ${Buffer.from(request.body).toString()}`,
      )
    }
    default:
  }
}

/** What a fault makes of an output: members changed, missing or of another length. */
export function alteredOutput(output: Output, fault: ServiceFault | undefined): Output {
  if (output === undefined || fault === undefined) return output
  const change = (names: readonly string[], to: (value: unknown) => unknown): Output =>
    Object.fromEntries(
      Object.entries(output).map(([name, value]) => [name, names.includes(name) ? to(value) : value]),
    )
  const resized = (bytes: number) => (value: unknown) => {
    const altered = Buffer.alloc(bytes)
    if (value instanceof Uint8Array) altered.set(value.subarray(0, bytes))
    return altered
  }
  switch (fault.kind) {
    case 'other-key':
      return change(['KeyId'], otherEnd)
    case 'no-key-named':
      return change(['KeyId'], () => undefined)
    case 'other-version':
      return change(['KeyMaterialId', 'DestinationKeyMaterialId'], otherEnd)
    case 'no-version':
      return change(['KeyMaterialId', 'DestinationKeyMaterialId'], () => undefined)
    case 'no-data-key':
      return change(['Plaintext'], () => undefined)
    case 'data-key-length':
      return change(['Plaintext'], resized(fault.bytes))
    case 'wrapped-length':
      return change(['CiphertextBlob'], resized(fault.bytes))
    default:
      return output
  }
}

/** The same name but for its last digit. */
function otherEnd(value: unknown): unknown {
  const text = String(value)
  return `${text.slice(0, -1)}${text.endsWith('0') ? '1' : '0'}`
}

function inOrder(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  if (Array.isArray(value)) return value.map(inOrder)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([name, member]) => [name, inOrder(member)]))
}
