import { setTimeout as pause } from 'node:timers/promises'
import { type Call, CallLog } from '../call-log.ts'
import type { Emulator, EmulatorOptions } from '../emulator.ts'
import { Faults, type ServiceFault } from '../faults.ts'
import { Grants } from '../grants.ts'
import type { DecryptResponse, EncryptResponse } from './crypto-operations.ts'
import { GrpcError, grpcCodes } from './grpc-error.ts'
import { type GrpcCall, type GrpcOutcome, startGrpcService } from './grpc-service.ts'
import { defaultDestroySeconds, keyStore, rotate } from './key-store.ts'
import { type Method, methods } from './methods.ts'
import { checkedName, parentOf } from './resource-names.ts'
import { denied, falsifiedUnwrap, falsifiedWrap, refuseFor } from './service-faults.ts'
import { decode, encode } from './wire-codec.ts'

/**
 * A stand-in for Google Cloud KMS. Principals are bearer tokens as they come in the `authorization` metadata, or
 * `anonymous` without one, as on every connection without TLS; grants are IAM permissions.
 */
export interface GcpKmsEmulator extends Emulator {
  readonly name: 'gcp-kms'
  /**
   * Makes a symmetric key with its first version, and its key ring where that is missing; nothing where the key exists.
   *
   * @param name `projects/P/locations/L/keyRings/R/cryptoKeys/K`
   * @throws Error for another name
   */
  readonly createKey: (name: string) => void
}

const maxMessageBytes = 4 * 1024 * 1024

/**
 * Starts a stand-in for Google Cloud KMS that speaks gRPC without TLS and encrypts with AES-256-GCM.
 *
 * @param options where it listens, where it keeps keys, and its time
 */
export async function gcpKmsEmulator(options: EmulatorOptions = {}): Promise<GcpKmsEmulator> {
  const { host = '127.0.0.1', port = 0, folder, now = () => new Date() } = options
  const store = keyStore(folder, now)
  const faults = new Faults()
  const calls = new CallLog()
  const grants = new Grants()

  const run = (method: Method, request: unknown, call: Call, context: CallContext): Uint8Array => {
    const resource = call.key ?? ''
    const { permission } = method
    const { fault } = context
    const allows = (asked: string): boolean => grants.allows(call.principal ?? '', asked)
    if (fault !== undefined) refuseFor(fault, { permission: permission ?? '', resource, ...context })
    if (permission !== undefined && !allows(permission)) throw denied(permission, resource)
    const answer = method.run(store, request, allows)
    return encode(method.response, fault === undefined ? answer : falsified(call.operation, answer, fault))
  }

  const answer = async (grpc: GrpcCall, signal: AbortSignal): Promise<GrpcOutcome> => {
    const operation = grpc.path.slice(grpc.path.lastIndexOf('/') + 1)
    const method = methods.get(operation)
    if (method === undefined || grpc.path !== `/${method.service}/${operation}`)
      return { refusal: new GrpcError('UNIMPLEMENTED', `No method ${grpc.path}`) }
    const request = decoded(method, grpc.message)
    if (request instanceof GrpcError) return { refusal: request }
    const { authorization = '' } = grpc.headers
    const principal = authorization.replace(/^Bearer /, '') || 'anonymous'
    const call: Call = { operation, key: method.resource(request), principal }
    const { delayMs, fault } = faults.take(call)
    if (delayMs > 0) await pause(delayMs, undefined, { signal }).catch(() => {})
    if (fault?.kind === 'stall' || fault?.kind === 'reset' || fault?.kind === 'garbage') {
      calls.record({ ...call, status: undefined, error: fault.kind })
      return { failure: fault.kind }
    }
    const half = fault?.kind === 'half-answer' ? 'half-answer' : undefined
    const context = { fault: fault?.kind === 'half-answer' ? undefined : fault, authorization }
    try {
      const message = run(method, request, call, { ...context, request: grpc.message })
      calls.record(half === undefined ? { ...call, status: 0 } : { ...call, status: undefined, error: half })
      return { message, failure: half }
    } catch (refusal) {
      if (!(refusal instanceof GrpcError)) throw refusal
      calls.record({ ...call, status: grpcCodes[refusal.status], error: refusal.status })
      return { refusal }
    }
  }

  const service = await startGrpcService({ host, port, maxMessageBytes, answer })
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${service.port}`
  return {
    name: 'gcp-kms',
    url,
    // Without the second, Google's client looks for a machine of Google's before its first call.
    environment: { KEYWRIGHT_GCP_KMS_ENDPOINT: url, METADATA_SERVER_DETECTION: 'none' },
    faults,
    calls,
    grants,
    createKey: (name) => {
      const ring = parentOf(checkedName('cryptoKey', name))
      const rings = store.keyRings(parentOf(ring))
      if (!rings.some((existing) => existing.name === ring)) store.createKeyRing(ring)
      if (store.keys(ring).some((existing) => existing.name === name)) return
      const destroyScheduledSeconds = defaultDestroySeconds
      const key = store.createKey({ name, labels: {}, protectionLevel: 'SOFTWARE', destroyScheduledSeconds })
      rotate(store, key)
    },
    close: service.close,
  }
}

interface CallContext {
  readonly fault: ServiceFault | undefined
  readonly authorization: string
  readonly request: Uint8Array
}

function decoded(method: Method, message: Uint8Array): unknown {
  try {
    return decode(method.request, message)
  } catch {
    return new GrpcError('INTERNAL', 'The request message cannot be parsed.')
  }
}

function falsified(operation: string, answer: object, fault: ServiceFault): object {
  if (operation === 'Encrypt') return falsifiedWrap(answer as EncryptResponse, fault)
  if (operation === 'Decrypt') return falsifiedUnwrap(answer as DecryptResponse, fault)
  return answer
}
