import { type KeyDescription, KeywrightError } from '@keywright/core/provider'
import type { VaultAnswer } from './client/vault-session.ts'

/** What a KEK goes by, of all that Vault says of a key. */
export interface TransitKey {
  readonly derived: boolean
  readonly latestVersion: number
  readonly description: KeyDescription
}

const aeadTypes: readonly unknown[] = [
  'aes256-gcm96',
  'aes128-gcm96',
  'chacha20-poly1305',
  'xchacha20-poly1305',
]
/** More versions than a key has in a decade of hourly rotations. */
const mostVersions = 100_000

/**
 * Reads Vault's description of a key.
 *
 * @throws KeywrightError `unsupported` for a key that binds no context, or that wraps equal keys to equal texts;
 * `invalid-response`
 */
export function transitKey({ data, request_id: requestId }: VaultAnswer): TransitKey {
  if (data == null) throw invalidResponse('data', requestId)
  const number = (name: string): number => {
    const value = data[name]
    if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= mostVersions)
      return value
    throw invalidResponse(name, requestId)
  }
  if (!aeadTypes.includes(data['type'])) throw unsupported('is of no AEAD type: take aes256-gcm96')
  if (data['convergent_encryption'] === true)
    throw unsupported('is convergent: what it wraps shows which keys are equal')
  const latestVersion = number('latest_version')
  const created = data['keys']
  if (typeof created !== 'object' || created === null) throw invalidResponse('keys', requestId)
  const retired = { from: number('min_available_version'), to: number('min_decryption_version') }
  const createdAt = new Map(Object.entries(created).map(([version, at]) => [version, dateOf(at)]))
  const versions: KeyDescription['versions'][number][] = []
  for (let version = Math.max(retired.from, 1); version < retired.to; version += 1) {
    versions.push({ version: String(version), state: 'disabled' })
  }
  for (const [version, at] of createdAt) {
    if (Number(version) >= retired.to) versions.push({ version, state: 'enabled', createdAt: at })
  }
  return {
    derived: data['derived'] === true,
    latestVersion,
    description: {
      state: data['soft_deleted'] === true ? 'disabled' : 'enabled',
      currentVersion: String(latestVersion),
      versions,
      protectionLevel: 'software',
      createdAt: createdAt.get('1'),
    },
  }
}

/** An answer without what it must hold; Vault's own number of it, under which the audit log has it, is recorded. */
export function invalidResponse(field: string, requestId: unknown): KeywrightError {
  const told = typeof requestId === 'string' && /^[\w-]{1,64}$/.test(requestId) ? requestId : undefined
  return new KeywrightError('invalid-response', `Vault's answer has no valid ${field}`, {
    field,
    requestId: told,
  })
}

function unsupported(what: string): KeywrightError {
  return new KeywrightError('unsupported', `this key ${what}`, { field: 'key' })
}

/** Seconds since 1970 for symmetric keys. */
function dateOf(seconds: unknown): Date | undefined {
  return typeof seconds === 'number' && seconds > 0 && seconds < 8.64e12
    ? new Date(seconds * 1000)
    : undefined
}
