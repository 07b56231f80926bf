import { KeywrightError } from '@keywright/core/provider'
import type { GcpKmsClient } from './gcp-kms-client.ts'
import type { GcpKmsOptions } from './gcp-kms-options.ts'

/** A client, and what ends our use of it. */
export interface ConnectedClient {
  readonly client: GcpKmsClient
  readonly release: () => Promise<void>
}
type OwnClient = GcpKmsClient & { readonly close: () => Promise<void> }

interface SharedClient {
  readonly made: Promise<OwnClient>
  readonly sinceMs: number
  isMade: boolean
  users: number
}

/** Clients by endpoint, for KEKs without options of their own: one takes a tenth of a second and a connection. */
const shared = new Map<string, SharedClient>()

/** How long others wait for a client that is being made, in milliseconds: as long as core waits for a connection. */
const joinableMs = 2_000

/**
 * The client to use: the caller's, one of its own for special options, or the one shared by all others.
 *
 * @throws KeywrightError `configuration`; what Google's client throws for want of credentials
 */
export async function connectClient(options: GcpKmsOptions): Promise<ConnectedClient> {
  if (process.env['GOOGLE_SDK_NODE_LOGGING']) {
    const message = 'GOOGLE_SDK_NODE_LOGGING makes the Google client print data keys: unset it'
    throw new KeywrightError('configuration', message, { field: 'GOOGLE_SDK_NODE_LOGGING' })
  }
  const { client, clientOptions, endpoint } = options
  if (client !== undefined) return { client, release: async () => {} }
  if (clientOptions === undefined) {
    return sharedClient(endpoint ?? process.env['KEYWRIGHT_GCP_KMS_ENDPOINT'] ?? '')
  }
  const own = await madeClient(endpoint ?? '', clientOptions)
  return { client: own, release: () => own.close() }
}

async function sharedClient(endpoint: string): Promise<ConnectedClient> {
  const known = shared.get(endpoint)
  const joinable = known?.isMade === true || performance.now() - (known?.sinceMs ?? 0) < joinableMs
  const fresh = (): SharedClient => ({
    made: madeClient(endpoint, {}),
    sinceMs: performance.now(),
    isMade: false,
    users: 0,
  })
  const entry = known !== undefined && joinable ? known : fresh()
  shared.set(endpoint, entry)
  entry.users += 1
  try {
    const client = await entry.made
    entry.isMade = true
    const release = async (): Promise<void> => {
      entry.users -= 1
      if (entry.users > 0) return
      if (shared.get(endpoint) === entry) shared.delete(endpoint)
      await client.close()
    }
    return { client, release }
  } catch (error) {
    // The next one tries with another client: this one remembers for ever that it found no credentials.
    if (shared.get(endpoint) === entry) shared.delete(endpoint)
    throw error
  }
}

async function madeClient(
  endpoint: string,
  clientOptions: Readonly<Record<string, unknown>>,
): Promise<OwnClient> {
  const place = endpoint === '' ? undefined : loopback(endpoint)
  const { KeyManagementServiceClient } = await import('@google-cloud/kms')
  const { default: gax } = await import('google-gax')
  const plain = place && {
    ...place,
    sslCreds: gax.grpc.credentials.createInsecure(),
    // A universe that is told is not looked for, at the metadata server of a machine of Google's.
    clientOptions: { universeDomain: 'googleapis.com' },
  }
  // The base is given too: credentials from another copy of it than the client's own would be refused.
  const client = new KeyManagementServiceClient({ ...clientOptions, ...plain }, gax)
  // Before any call: one without credentials also fails as a rejection that nobody can handle.
  await client.initialize()
  return client
}

function loopback(endpoint: string): { readonly apiEndpoint: string; readonly port: number } {
  const [, apiEndpoint, port] =
    /^http:\/\/(localhost|127(?:\.[0-9]{1,3}){3}|\[::1\]):([0-9]{1,5})\/?$/.exec(endpoint) ?? []
  if (apiEndpoint !== undefined) return { apiEndpoint, port: Number(port) }
  const message = 'an endpoint without TLS is http://HOST:PORT of this machine'
  throw new KeywrightError('configuration', message, { field: 'endpoint' })
}
