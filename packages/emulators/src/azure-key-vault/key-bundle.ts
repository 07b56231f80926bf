import type { Flavour } from './flavour.ts'
import type { KeyVersion, StoredKey } from './key-store.ts'

/** Where a bundle is shown: its address and the version of the interface, which decides on members. */
export interface Shown {
  readonly flavour: Flavour
  /** `https://HOST:PORT`. */
  readonly base: string
  readonly apiVersion: string
}

type Members = Readonly<Record<string, unknown>>

/** A key with its public part, as create, get, update and their like answer. */
export function keyBundle(shown: Shown, { name }: StoredKey, version: KeyVersion): Members {
  const { kty, jwk } = version.material
  const { n, e, crv, x, y } = jwk
  const shownKey = { kid: kidOf(shown, name, version), kty, key_ops: version.keyOps, n, e, crv, x, y }
  return ordered(shown, { key: shownKey, attributes: attributes(shown, version), tags: version.tags })
}

/** A deleted key, with when it will be gone. */
export function deletedBundle(shown: Shown, key: StoredKey, version: KeyVersion): Members {
  const recoveryId = `${shown.base}/deletedkeys/${key.name}`
  return ordered(shown, { recoveryId, ...key.deleted, ...keyBundle(shown, key, version) })
}

/** A line of a list: no public part. */
export function keyItem(shown: Shown, key: StoredKey, version: KeyVersion | undefined): Members {
  const kid = version === undefined ? `${shown.base}/keys/${key.name}` : kidOf(shown, key.name, version)
  const of = version ?? key.versions.at(-1)
  const deleted =
    key.deleted === undefined ? {} : { recoveryId: `${shown.base}/deletedkeys/${key.name}`, ...key.deleted }
  return ordered(shown, {
    ...deleted,
    kid,
    attributes: of === undefined ? undefined : attributes(shown, of),
    tags: of?.tags,
  })
}

/** The identifier of a version. */
export function kidOf({ base }: Shown, name: string, { version }: Pick<KeyVersion, 'version'>): string {
  return `${base}/keys/${name}/${version}`
}

/** A managed HSM has members in alphabetical order at every level. */
export function ordered({ flavour }: Pick<Shown, 'flavour'>, members: Members): Members {
  if (flavour === 'key-vault') return members
  const entries = Object.entries(members).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(
    entries.map(([name, value]) => [name, isMembers(value) ? ordered({ flavour }, value) : value]),
  )
}

function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function attributes({ flavour, apiVersion }: Shown, version: KeyVersion): Members {
  return {
    enabled: version.enabled,
    nbf: version.nbf,
    exp: version.exp,
    // Versions of the interface were numbers such as 7.5 before they were dates.
    key_size:
      /^20[0-9]{2}-/.test(apiVersion) && apiVersion >= '2025-07-01' ? version.material.bits : undefined,
    created: version.created,
    updated: version.updated,
    recoveryLevel: 'CustomizedRecoverable+Purgeable',
    recoverableDays: 7,
    exportable: false,
    hsmPlatform: flavour === 'managed-hsm' ? undefined : version.material.kty.endsWith('-HSM') ? '2' : '0',
  }
}
