import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { HttpRequest } from '../http-service.ts'
import { KmsError } from './kms-error.ts'

/** The Authorization header of Signature Version 4, taken apart. */
export interface SignedRequest {
  readonly accessKeyId: string
  /** Eight digits. */
  readonly day: string
  readonly region: string
  readonly signedHeaders: readonly string[]
  readonly signature: string
}

/** What a signature is checked with. */
export interface SigningSecret {
  readonly secretAccessKey: string
  /** Of temporary credentials. */
  readonly sessionToken?: string | undefined
  /** When temporary credentials end. */
  readonly expiresAt?: Date | undefined
}

const scheme =
  /^AWS4-HMAC-SHA256 Credential=([^/,\s]+)\/(\d{8})\/([a-z0-9-]+)\/kms\/aws4_request,\s*SignedHeaders=([a-z0-9;-]+),\s*Signature=([0-9a-f]{64})$/

/** How far the client's clock may be off. */
const skewMs = 5 * 60_000

/** Reads who signed, and for which Region; undefined where nobody did. */
export function readSignature(headers: HttpRequest['headers']): SignedRequest | undefined {
  const found = scheme.exec(headers['authorization'] ?? '')
  if (found === null) return undefined
  const [, accessKeyId = '', day = '', region = '', signed = '', signature = ''] = found
  return { accessKeyId, day, region, signedHeaders: signed.split(';'), signature }
}

/**
 * Checks a signature as AWS documents it.
 *
 * @param secret of the access key that the request names; undefined where there is no such key
 * @param now the service's time
 * @throws KmsError as the service refuses credentials
 */
export function checkSignature(
  request: HttpRequest,
  signed: SignedRequest | undefined,
  secret: SigningSecret | undefined,
  now: Date,
): void {
  if (signed === undefined) {
    throw new KmsError('MissingAuthenticationTokenException', 'Missing Authentication Token')
  }
  if (secret === undefined || request.headers['x-amz-security-token'] !== secret.sessionToken) {
    throw new KmsError(
      'UnrecognizedClientException',
      'The security token included in the request is invalid.',
    )
  }
  if (secret.expiresAt !== undefined && secret.expiresAt <= now) {
    throw new KmsError('ExpiredTokenException', 'The security token included in the request is expired')
  }
  const at = request.headers['x-amz-date'] ?? ''
  checkTime(at, now)
  const expected = hmac(signingKey(secret.secretAccessKey, signed), stringToSign(request, signed, at))
  if (at.startsWith(signed.day) && timingSafeEqual(expected, Buffer.from(signed.signature, 'hex'))) return
  throw new KmsError(
    'InvalidSignatureException',
    'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
  )
}

function checkTime(at: string, now: Date): void {
  const signedAt = Date.parse(at.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'))
  const stamp = (ms: number): string => new Date(ms).toISOString().replace(/[-:]|\.\d{3}/g, '')
  const [earliest, latest] = [now.getTime() - skewMs, now.getTime() + skewMs]
  if (signedAt >= earliest && signedAt <= latest) return
  const message =
    signedAt > latest
      ? `Signature not yet current: ${at} is still later than ${stamp(latest)} (${stamp(now.getTime())} + 5 min.)`
      : `Signature expired: ${at} is now earlier than ${stamp(earliest)} (${stamp(now.getTime())} - 5 min.)`
  throw new KmsError('InvalidSignatureException', message)
}

function stringToSign(
  { method, url, headers, body }: HttpRequest,
  signed: SignedRequest,
  at: string,
): string {
  const [path = '/', query = ''] = url.split('?')
  const lines = signed.signedHeaders.map(
    (name) => `${name}:${(headers[name] ?? '').trim().replace(/ +/g, ' ')}\n`,
  )
  const canonical = [method, path, query, lines.join(''), signed.signedHeaders.join(';'), sha256(body)].join(
    '\n',
  )
  const scope = `${signed.day}/${signed.region}/kms/aws4_request`
  return ['AWS4-HMAC-SHA256', at, scope, sha256(canonical)].join('\n')
}

function signingKey(secret: string, { day, region }: SignedRequest): Buffer {
  const scope = [day, region, 'kms', 'aws4_request']
  return scope.reduce((key: Buffer, part) => hmac(key, part), Buffer.from(`AWS4${secret}`))
}

function hmac(key: Uint8Array, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}

function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex')
}
