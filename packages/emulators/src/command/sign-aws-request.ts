import { createHash, createHmac } from 'node:crypto'

/** Whom a request is signed by, and for which Region. */
export interface AwsSigner {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly region: string
}

/** A call to be signed. */
export interface AwsCall {
  /** `HOST:PORT`. */
  readonly host: string
  /** Such as `CreateKey`. */
  readonly operation: string
  readonly body: string
}

/**
 * Headers of a call of AWS KMS, signed by Signature Version 4 as AWS documents it.
 *
 * @param now the time of the signature
 */
export function signedHeaders(
  signer: AwsSigner,
  { host, operation, body }: AwsCall,
  now: Date,
): Record<string, string> {
  const at = now.toISOString().replace(/[-:]|\.\d{3}/g, '')
  const headers: Record<string, string> = {
    'content-type': 'application/x-amz-json-1.1',
    host,
    'x-amz-date': at,
    'x-amz-target': `TrentService.${operation}`,
  }
  const names = Object.keys(headers).join(';')
  const lines = Object.entries(headers).map(([name, value]) => `${name}:${value}\n`)
  const canonical = ['POST', '/', '', lines.join(''), names, sha256(body)].join('\n')
  const scope = [at.slice(0, 8), signer.region, 'kms', 'aws4_request']
  const secret = scope.reduce(
    (key: Buffer, part) => hmac(key, part),
    Buffer.from(`AWS4${signer.secretAccessKey}`),
  )
  const text = ['AWS4-HMAC-SHA256', at, scope.join('/'), sha256(canonical)].join('\n')
  const credential = `Credential=${signer.accessKeyId}/${scope.join('/')}`
  const signature = `Signature=${hmac(secret, text).toString('hex')}`
  return { ...headers, authorization: `AWS4-HMAC-SHA256 ${credential}, SignedHeaders=${names}, ${signature}` }
}

function hmac(key: Uint8Array, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
