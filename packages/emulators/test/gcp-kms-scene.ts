import { KeyManagementServiceClient } from '@google-cloud/kms'
import gax from 'google-gax'
import { type GcpKmsEmulator, gcpKmsEmulator } from '../src/gcp-kms/gcp-kms-emulator.ts'
import { decode } from '../src/gcp-kms/wire-codec.ts'

export const location = 'projects/p/locations/global'
export const ring: string = `${location}/keyRings/ring`
export const keyName: string = `${ring}/cryptoKeys/key`
export const versionName: string = `${keyName}/cryptoKeyVersions/1`

/** An emulator with one key, Google's unmodified client over it, and a clock that tests can move. */
export interface GcpKmsScene {
  readonly emulator: GcpKmsEmulator
  readonly client: KeyManagementServiceClient
  readonly advanceSeconds: (seconds: number) => void
  readonly close: () => Promise<void>
}

export async function gcpKmsScene(folder?: string): Promise<GcpKmsScene> {
  let time = Date.parse('2026-11-21T12:00:00Z')
  const emulator = await gcpKmsEmulator({ folder, now: () => new Date(time) })
  emulator.createKey(keyName)
  const client = clientOf(emulator.url)
  return {
    emulator,
    client,
    advanceSeconds: (seconds) => {
      time += seconds * 1000
    },
    close: async () => {
      await client.close()
      await emulator.close()
    },
  }
}

export function clientOf(url: string): KeyManagementServiceClient {
  const { hostname, port } = new URL(url)
  return new KeyManagementServiceClient({
    apiEndpoint: hostname,
    port: Number(port),
    sslCreds: gax.grpc.credentials.createInsecure(),
    clientOptions: { universeDomain: 'googleapis.com' },
  })
}

/** What a call came to: an answer's members that are not empty, or a status with its message and details. */
export interface Outcome {
  readonly code: number
  readonly message?: string
  readonly details?: readonly object[]
  readonly body?: Readonly<Record<string, unknown>>
}

/** Runs a call of the client. */
export async function outcomeOf(call: () => Promise<readonly [object, ...unknown[]]>): Promise<Outcome> {
  try {
    const [body] = await call()
    return { code: 0, body: withoutEmpty(body) }
  } catch (error) {
    const {
      code,
      details: message,
      metadata,
    } = error as {
      code: number
      details: string
      metadata?: { get: (name: string) => readonly unknown[] }
    }
    const [bytes] = metadata?.get('grpc-status-details-bin') ?? []
    const details = bytes instanceof Uint8Array ? detailsOf(bytes) : []
    return { code, message, details }
  }
}

function detailsOf(bytes: Uint8Array): readonly object[] {
  const { details } = decode('google.rpc.Status', bytes) as {
    details: readonly { type_url: string; value: Uint8Array }[]
  }
  return details.map(({ type_url, value }) => ({
    '@type': type_url,
    ...withoutEmpty(decode(type_url.slice(type_url.indexOf('/') + 1), value) as object),
  }))
}

/** Members that are set, as the wire has them: what is empty is not sent. */
function withoutEmpty(value: object): Readonly<Record<string, unknown>> {
  const entries = Object.entries(value).map(([name, member]) => [name, pruned(member)] as const)
  // The client itself adds which member of a choice is set.
  return Object.fromEntries(
    entries.filter(([name, member]) => name !== 'rotationSchedule' && !isEmpty(member)),
  )
}

function pruned(value: unknown): unknown {
  if (value instanceof Uint8Array || typeof value !== 'object' || value === null) return value
  return Array.isArray(value) ? value.map(pruned) : withoutEmpty(value)
}

function isEmpty(value: unknown): boolean {
  if (value === null || value === undefined || value === '' || value === false || value === 0) return true
  if (value instanceof Uint8Array) return value.length === 0
  return typeof value === 'object' && Object.keys(value).length === 0
}
