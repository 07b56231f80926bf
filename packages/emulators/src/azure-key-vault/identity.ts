import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { CallLog } from '../call-log.ts'
import { Faults } from '../faults.ts'
import { type HttpAnswer, type HttpRequest, startHttpService } from '../http-service.ts'
import { readTarget } from './routes.ts'

/** What a token is issued for. */
export interface TokenRequest {
  /** Who it is for. Default: `emulator`. */
  readonly principal?: string | undefined
  /** The service that shall take it. Default: the one whose emulator issues it. */
  readonly audience?: string | undefined
  /** Default: one hour. */
  readonly expiresInSeconds?: number | undefined
}

/** What a token says. */
export interface TokenClaims {
  readonly audience: string
  readonly principal: string
  /** Seconds since 1970. */
  readonly expiresOn: number
}

/** Issues tokens, and serves them to `ManagedIdentityCredential` as an App Service does (version 2019-08-01). */
export interface AzureIdentity {
  readonly environment: Readonly<Record<string, string>>
  readonly issue: (request: TokenRequest & { readonly audience: string }) => string
  /** What a token says; undefined for one that was not issued here. */
  readonly read: (token: string) => TokenClaims | undefined
  readonly close: () => Promise<void>
}

const anHour = 3_600

/**
 * Starts an identity endpoint over plain HTTP, as the real one is.
 *
 * @param host address to listen on
 * @param now the time
 */
export async function startAzureIdentity(host: string, now: () => Date): Promise<AzureIdentity> {
  const secret = randomBytes(32)
  const header = randomBytes(16).toString('hex')
  const signature = (text: string): Buffer => createHmac('sha256', secret).update(text).digest()
  const issue: AzureIdentity['issue'] = ({ audience, principal = 'emulator', expiresInSeconds = anHour }) => {
    const exp = Math.floor(now().getTime() / 1_000) + expiresInSeconds
    const said = [
      { typ: 'JWT', alg: 'HS256' },
      { aud: audience, oid: principal, exp },
    ]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.')
    return `${said}.${signature(said).toString('base64url')}`
  }
  const service = await startHttpService({
    host,
    port: 0,
    faults: new Faults(),
    calls: new CallLog(),
    maxBodyBytes: 0,
    tooLarge: () => refused(413, 'too large'),
    identify: () => ({ operation: 'getToken' }),
    answer: (request) => answerToken(request, header, issue, now),
  })
  return {
    environment: { IDENTITY_ENDPOINT: `${service.url}/msi/token`, IDENTITY_HEADER: header },
    issue,
    read: (token) => {
      const [head, body, mac, rest] = token.split('.')
      if (head === undefined || body === undefined || mac === undefined || rest !== undefined)
        return undefined
      const due = signature(`${head}.${body}`)
      const given = Buffer.from(mac, 'base64url')
      if (given.length !== due.length || !timingSafeEqual(given, due)) return undefined
      const { aud, oid, exp } = JSON.parse(Buffer.from(body, 'base64url').toString())
      return { audience: aud, principal: oid, expiresOn: exp }
    },
    close: service.close,
  }
}

function answerToken(
  { url, headers }: HttpRequest,
  header: string,
  issue: AzureIdentity['issue'],
  now: () => Date,
): HttpAnswer {
  const { path, query } = readTarget(url)
  const resource = query.get('resource')
  if (path !== '/msi/token') return refused(404, 'there is only /msi/token')
  if (headers['x-identity-header'] !== header) return refused(401, 'X-IDENTITY-HEADER is not the secret')
  if (resource === null) return refused(400, 'resource is missing')
  // A user-assigned identity is asked for by its client id: here any name will do, and is the principal.
  const principal = query.get('client_id') ?? undefined
  const body = {
    access_token: issue(principal === undefined ? { audience: resource } : { audience: resource, principal }),
    expires_on: String(Math.floor(now().getTime() / 1_000) + anHour),
    resource,
    token_type: 'Bearer',
    client_id: principal ?? 'emulator',
  }
  return { status: 200, headers: json, body: JSON.stringify(body) }
}

const json = [['Content-Type', 'application/json']] as const

function refused(statusCode: number, message: string): HttpAnswer {
  return { status: statusCode, headers: json, body: JSON.stringify({ statusCode, message }), error: message }
}
