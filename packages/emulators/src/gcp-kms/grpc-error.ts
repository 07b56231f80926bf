import { encode } from './wire-codec.ts'

/** Status codes of gRPC that the service uses, by name. */
export const grpcCodes = {
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  UNAUTHENTICATED: 16,
} as const

/** Name of a status. */
export type GrpcStatus = keyof typeof grpcCodes

/** One detail of an error: which message, and its members. */
export type ErrorDetail = readonly [type: `google.rpc.${string}`, value: object]

/** A refusal in the service's own words. */
export class GrpcError extends Error {
  override readonly name = 'GrpcError'
  readonly status: GrpcStatus
  readonly details: readonly ErrorDetail[]

  constructor(status: GrpcStatus, message: string, details: readonly ErrorDetail[] = []) {
    super(message)
    this.status = status
    this.details = details
  }

  /** The trailers that tell a client of it. */
  trailers(): Record<string, string> {
    const code = grpcCodes[this.status]
    const trailers: Record<string, string> = {
      'grpc-status': String(code),
      'grpc-message': percentEncoded(this.message),
    }
    if (this.details.length === 0) return trailers
    const details = this.details.map(([type, value]) => ({
      type_url: `type.googleapis.com/${type}`,
      value: encode(type, value),
    }))
    const status = encode('google.rpc.Status', { code, message: this.message, details })
    return { ...trailers, 'grpc-status-details-bin': Buffer.from(status).toString('base64') }
  }
}

// The gRPC protocol over HTTP/2 sends everything but printable ASCII, and the percent sign itself, percent-encoded.
function percentEncoded(text: string): string {
  return text.replace(/[^\x20-\x24\x26-\x7e]/gu, (character) =>
    [...Buffer.from(character)]
      .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`)
      .join(''),
  )
}
