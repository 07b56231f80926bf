import { randomBytes } from 'node:crypto'
import { keyFolder } from '../key-folder.ts'
import { GrpcError } from './grpc-error.ts'
import { parentOf } from './resource-names.ts'
import { addVersion, ripen, type StoredKey, type StoredVersion, versionName } from './stored-key.ts'

/** A key ring, as it is kept. */
export interface StoredKeyRing {
  readonly name: string
  readonly createTime: string
}

interface State {
  readonly keyRings: StoredKeyRing[]
  readonly keys: StoredKey[]
}

/** Settings of a new key. */
export type NewKey = Pick<
  StoredKey,
  'name' | 'labels' | 'protectionLevel' | 'nextRotationTime' | 'rotationPeriod' | 'destroyScheduledSeconds'
>

/** Today's default of the service: 30 days. */
export const defaultDestroySeconds = 2_592_000

/** The service's key rings and keys, in memory or in a folder. */
export interface KeyStore {
  readonly now: () => Date
  /** @throws GrpcError NOT_FOUND */
  readonly keyRing: (name: string) => StoredKeyRing
  /** Key rings of a location, by name. */
  readonly keyRings: (location: string) => readonly StoredKeyRing[]
  /** @throws GrpcError ALREADY_EXISTS */
  readonly createKeyRing: (name: string) => StoredKeyRing
  /** @throws GrpcError NOT_FOUND */
  readonly key: (name: string) => StoredKey
  /** Keys of a key ring, by name. */
  readonly keys: (keyRing: string) => readonly StoredKey[]
  /** @throws GrpcError NOT_FOUND for the key ring, ALREADY_EXISTS */
  readonly createKey: (settings: NewKey) => StoredKey
  /** A version by its full name, or by its key and number. @throws GrpcError NOT_FOUND */
  readonly version: (name: string) => readonly [StoredKey, StoredVersion]
  /** Keeps what was changed. */
  readonly save: () => void
}

/**
 * Opens the keys of an emulator.
 *
 * @param folder where they are kept; undefined: in memory
 * @param now the service's time
 */
export function keyStore(folder: string | undefined, now: () => Date): KeyStore {
  const file = keyFolder<State>(folder, 'gcp-kms')
  const { keyRings, keys } = file.load() ?? { keyRings: [], keys: [] }
  const save = (): void => file.save({ keyRings, keys })
  const byName = <T extends { readonly name: string }>(all: readonly T[]): readonly T[] =>
    [...all].sort((one, other) => (one.name < other.name ? -1 : 1))

  const keyRing = (name: string): StoredKeyRing =>
    keyRings.find((ring) => ring.name === name) ?? missing('KeyRing', name)
  const key = (name: string): StoredKey => {
    const found = keys.find((stored) => stored.name === name) ?? missing('CryptoKey', name)
    ripen(found, now())
    return found
  }
  return {
    now,
    save,
    keyRing,
    keyRings: (location) => byName(keyRings.filter(({ name }) => parentOf(name) === location)),
    createKeyRing: (name) => {
      if (keyRings.some((ring) => ring.name === name)) throw exists('KeyRing', name)
      const ring = { name, createTime: now().toISOString() }
      keyRings.push(ring)
      save()
      return ring
    },
    key,
    keys: (ring) => {
      const found = keys.filter(({ name }) => parentOf(name) === ring)
      for (const stored of found) ripen(stored, now())
      return byName(found)
    },
    createKey: (settings) => {
      keyRing(parentOf(settings.name))
      if (keys.some(({ name }) => name === settings.name)) throw exists('CryptoKey', settings.name)
      const mark = randomBytes(4).toString('hex')
      const created: StoredKey = { ...settings, mark, createTime: now().toISOString(), versions: [] }
      keys.push(created)
      save()
      return created
    },
    version: (name) => {
      const owner = key(parentOf(name))
      const found = owner.versions.find((version) => versionName(owner, version) === name)
      return [owner, found ?? missing('CryptoKeyVersion', name)]
    },
  }
}

/** Adds a version that encrypts from now on. */
export function rotate(store: KeyStore, key: StoredKey): StoredVersion {
  const version = addVersion(key, store.now())
  key.primary = version.number
  store.save()
  return version
}

function missing(kind: string, name: string): never {
  throw new GrpcError('NOT_FOUND', `${kind} ${name} not found.`)
}

function exists(kind: string, name: string): GrpcError {
  return new GrpcError('ALREADY_EXISTS', `${kind} ${name} already exists.`)
}
