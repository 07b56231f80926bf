import { randomBytes } from 'node:crypto'
import { GrpcError } from './grpc-error.ts'
import { afterSeconds, toWireTime } from './wire-time.ts'

/** States of a version, by the service's names. */
export type VersionState = 'ENABLED' | 'DISABLED' | 'DESTROY_SCHEDULED' | 'DESTROYED' | 'PENDING_GENERATION'

/** Where key material is said to live; here it lives in this process, whatever is said. */
export type ProtectionLevel = 'SOFTWARE' | 'HSM'

/** One version of a key, as it is kept. Times are ISO 8601. */
export interface StoredVersion {
  readonly number: number
  /** Four bytes that stand in every ciphertext of this version, in hexadecimal. */
  readonly mark: string
  state: VersionState
  /** 32 bytes in base64; empty once destroyed. */
  material: string
  readonly createTime: string
  destroyTime?: string | undefined
  destroyEventTime?: string | undefined
}

/** A symmetric key, as it is kept. */
export interface StoredKey {
  readonly name: string
  /** Four bytes that stand in every ciphertext of this key, in hexadecimal. */
  readonly mark: string
  readonly createTime: string
  readonly protectionLevel: ProtectionLevel
  labels: Readonly<Record<string, string>>
  nextRotationTime?: object | undefined
  rotationPeriod?: object | undefined
  readonly destroyScheduledSeconds: number
  /** Number of the version that encrypts; absent while there is none. */
  primary?: number | undefined
  readonly versions: StoredVersion[]
}

export function versionName(key: StoredKey, version: StoredVersion): string {
  return `${key.name}/cryptoKeyVersions/${version.number}`
}

/** A new version, enabled, not yet primary. */
export function addVersion(key: StoredKey, now: Date): StoredVersion {
  const version: StoredVersion = {
    number: key.versions.length + 1,
    mark: randomBytes(4).toString('hex'),
    state: 'ENABLED',
    material: randomBytes(32).toString('base64'),
    createTime: now.toISOString(),
  }
  key.versions.push(version)
  return version
}

/** Schedules the end of a version. */
export function scheduleDestruction(key: StoredKey, version: StoredVersion, now: Date): void {
  if (version.state === 'DESTROYED' || version.state === 'DESTROY_SCHEDULED') throw notPossible(key, version)
  version.state = 'DESTROY_SCHEDULED'
  version.destroyTime = afterSeconds(now, key.destroyScheduledSeconds).toISOString()
}

/** Takes a scheduled destruction back; the version is disabled then. */
export function restoreVersion(key: StoredKey, version: StoredVersion): void {
  if (version.state !== 'DESTROY_SCHEDULED') throw notPossible(key, version)
  version.state = 'DISABLED'
  version.destroyTime = undefined
}

/** Enables or disables. */
export function changeState(key: StoredKey, version: StoredVersion, state: string): void {
  if (state !== 'ENABLED' && state !== 'DISABLED') {
    throw new GrpcError('INVALID_ARGUMENT', `The field 'crypto_key_version.state' cannot be set to ${state}.`)
  }
  if (version.state !== 'ENABLED' && version.state !== 'DISABLED') throw notPossible(key, version)
  version.state = state
}

/** Destroys the material of versions whose time has come. */
export function ripen(key: StoredKey, now: Date): void {
  for (const version of key.versions) {
    if (version.state !== 'DESTROY_SCHEDULED' || version.destroyTime === undefined) continue
    if (now < new Date(version.destroyTime)) continue
    version.state = 'DESTROYED'
    version.material = ''
    version.destroyEventTime = version.destroyTime
    version.destroyTime = undefined
  }
}

/** A version as the service tells it. */
export function wireVersion(key: StoredKey, version: StoredVersion): object {
  const { createTime, destroyTime, destroyEventTime } = version
  return {
    name: versionName(key, version),
    state: version.state,
    createTime: toWireTime(createTime),
    ...(destroyTime === undefined ? {} : { destroyTime: toWireTime(destroyTime) }),
    ...(destroyEventTime === undefined ? {} : { destroyEventTime: toWireTime(destroyEventTime) }),
    protectionLevel: key.protectionLevel,
    algorithm: 'GOOGLE_SYMMETRIC_ENCRYPTION',
    generateTime: toWireTime(createTime),
  }
}

/** A key as the service tells it. */
export function wireKey(key: StoredKey): object {
  const primary = key.versions.find(({ number }) => number === key.primary)
  return {
    name: key.name,
    ...(primary === undefined ? {} : { primary: wireVersion(key, primary) }),
    purpose: 'ENCRYPT_DECRYPT',
    createTime: toWireTime(key.createTime),
    ...(key.nextRotationTime === undefined ? {} : { nextRotationTime: key.nextRotationTime }),
    ...(key.rotationPeriod === undefined ? {} : { rotationPeriod: key.rotationPeriod }),
    versionTemplate: { protectionLevel: key.protectionLevel, algorithm: 'GOOGLE_SYMMETRIC_ENCRYPTION' },
    labels: key.labels,
    destroyScheduledDuration: { seconds: String(key.destroyScheduledSeconds) },
  }
}

function notPossible(key: StoredKey, version: StoredVersion): GrpcError {
  const message = `${versionName(key, version)} is in state ${version.state}, which does not allow this.`
  return new GrpcError('FAILED_PRECONDITION', message)
}
