import { createHash, createHmac } from 'node:crypto'

/** An answer as it came over the wire. */
export interface WireAnswer {
  readonly status: number
  readonly headers: Headers
  /** As sent. */
  readonly text: string
  /** Parsed; {} where the body is empty. */
  readonly body: Readonly<Record<string, unknown>>
}

/** Who signs, and for where. */
export interface WireOptions {
  readonly url: string
  readonly environment: Readonly<Record<string, string>>
  readonly region?: string
  /** The client's time. */
  readonly at?: Date
  /** Changes the finished headers. */
  readonly alter?: (headers: Record<string, string>) => void
}

/** Sends one request of the JSON 1.1 protocol, signed here by Signature Version 4 as AWS documents it. */
export async function callKms(
  operation: string,
  members: Readonly<Record<string, unknown>>,
  {
    url,
    environment,
    region = environment['AWS_REGION'] ?? 'eu-west-1',
    at = new Date(),
    alter,
  }: WireOptions,
): Promise<WireAnswer> {
  const body = JSON.stringify(members)
  const stamp = at.toISOString().replace(/[-:]|\.\d{3}/g, '')
  const token = environment['AWS_SESSION_TOKEN']
  const headers: Record<string, string> = {
    'content-type': 'application/x-amz-json-1.1',
    host: new URL(url).host,
    'x-amz-date': stamp,
    ...(token === undefined ? {} : { 'x-amz-security-token': token }),
    'x-amz-target': `TrentService.${operation}`,
  }
  const names = Object.keys(headers).sort()
  const lines = names.map((name) => `${name}:${headers[name]}\n`).join('')
  const canonical = ['POST', '/', '', lines, names.join(';'), sha256(body)].join('\n')
  const scope = `${stamp.slice(0, 8)}/${region}/kms/aws4_request`
  const text = ['AWS4-HMAC-SHA256', stamp, scope, sha256(canonical)].join('\n')
  const secret = Buffer.from(`AWS4${environment['AWS_SECRET_ACCESS_KEY']}`)
  const key = scope.split('/').reduce((previous: Buffer, part) => hmac(previous, part), secret)
  const credential = `Credential=${environment['AWS_ACCESS_KEY_ID']}/${scope}`
  const signature = `Signature=${hmac(key, text).toString('hex')}`
  headers['authorization'] = `AWS4-HMAC-SHA256 ${credential}, SignedHeaders=${names.join(';')}, ${signature}`
  alter?.(headers)
  const answer = await fetch(url, { method: 'POST', headers, body })
  const answered = await answer.text()
  const parsed = answered === '' ? {} : (JSON.parse(answered) as Record<string, unknown>)
  return { status: answer.status, headers: answer.headers, text: answered, body: parsed }
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
