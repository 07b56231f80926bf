import type { ProviderDefinition } from '@keywright/core/provider'
import { networkErrorCode } from '@keywright/resilience'

type Classify = ProviderDefinition<unknown>['classify']
type Code = ReturnType<Classify>['code']
type Fields = Readonly<Record<string, unknown>>

/** gRPC statuses; some mean two things, which `codeOf` tells apart. */
const codes: ReadonlyMap<unknown, Code> = new Map([
  [1, 'unavailable'], // CANCELLED, by the other side: we never cancel
  [3, 'invalid-argument'],
  [4, 'timeout'],
  [5, 'key-not-found'],
  [7, 'access-denied'],
  [8, 'throttled'],
  [12, 'unsupported'],
  [13, 'unavailable'],
  [14, 'unavailable'],
  [15, 'invalid-response'], // DATA_LOSS
  [16, 'unauthenticated'],
])

/** Types of the PreconditionFailure that comes with status 9. */
const preconditions: ReadonlyMap<string, Code> = new Map([
  ['KEY_DISABLED', 'key-disabled'],
  ['KEY_DESTROY_SCHEDULED', 'key-destroyed'],
  ['KEY_DESTROYED', 'key-destroyed'],
  ['KEY_PENDING_GENERATION', 'unavailable'],
])

// Messages are read only where nothing else tells: a precondition without its details, a request that was damaged on
// its way, and errors of Google's client about credentials: none found, no token for them, a file that is none.
const notEnabled = /^(projects\/\S+) is not enabled, current state is: ([A-Z_]+)\.$/
const damaged = /^The checksum in field \S+ did not match the data in field /
const noCredentials = /^(?:Could not load the default credentials|Getting metadata from plugin failed)/
const wrongFile = /GOOGLE_APPLICATION_CREDENTIALS/
/** Codes of the system for a key file that cannot be read. */
const fileErrors: ReadonlySet<unknown> = new Set(['ENOENT', 'ENOTDIR', 'EISDIR', 'EACCES', 'EPERM'])

/** Maps what Google's client threw to one of our codes. */
export const classifyGcpKmsError: Classify = (thrown, { operation }) => {
  const error = fieldsOf(thrown)
  const [retryAfterMs] = detailsOf(error).flatMap(({ retryDelay }) => millisecondsOf(retryDelay) ?? [])
  return { code: codeOf(error, operation), retryAfterMs }
}

/** A google.protobuf.Duration, rounded up; undefined for what is none, or is negative. */
function millisecondsOf(duration: unknown): number | undefined {
  if (duration == null) return undefined
  const { seconds = 0, nanos = 0 } = fieldsOf(duration)
  const milliseconds = Number(seconds) * 1_000 + Math.ceil(Number(nanos) / 1_000_000)
  return Number.isFinite(milliseconds) && milliseconds >= 0 ? milliseconds : undefined
}

/**
 * The full name of the version that the service found not enabled.
 *
 * @param thrown what Google's client threw
 */
export function notEnabledVersion(thrown: unknown): string | undefined {
  return precondition(fieldsOf(thrown))?.version
}

function codeOf(error: Fields, operation: string): Code {
  const { code, reason } = error
  if (noCredentials.test(String(error['details'] ?? error['message']))) return 'unauthenticated'
  const fileTrouble = fileErrors.has(code) || wrongFile.test(String(error['message']))
  if (operation === 'connect' && fileTrouble) return 'configuration'
  if (code === 9) return preconditions.get(precondition(error)?.type ?? '') ?? 'unknown'
  if (code === 7 && reason === 'SERVICE_DISABLED') return 'configuration'
  if (code === 3 && damaged.test(String(error['details']))) return 'unavailable'
  // Tampering, another context and another key are one answer, whatever the message says.
  if (code === 3 && operation === 'unwrapKey') return 'unwrap-failed'
  return codes.get(code) ?? networkErrorCode(code) ?? 'unknown'
}

function precondition(error: Fields): { readonly type: string; readonly version: string } | undefined {
  if (error['code'] !== 9) return undefined
  for (const { violations } of detailsOf(error)) {
    const [{ type, subject } = {}] = listOf(violations)
    if (typeof type === 'string' && typeof subject === 'string') return { type, version: subject }
  }
  const [, version, state] = notEnabled.exec(String(error['details'])) ?? []
  return version === undefined ? undefined : { type: `KEY_${state}`, version }
}

/** The google.rpc details, decoded. */
function detailsOf(error: Fields): readonly Fields[] {
  return listOf(error['statusDetails'])
}

function listOf(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.map(fieldsOf) : []
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {}
}
