import { GrpcError } from './grpc-error.ts'
import { defaultDestroySeconds, type KeyStore, rotate, type StoredKeyRing } from './key-store.ts'
import { checkedName, childName } from './resource-names.ts'
import {
  addVersion,
  changeState,
  restoreVersion,
  type StoredKey,
  type StoredVersion,
  scheduleDestruction,
  wireKey,
  wireVersion,
} from './stored-key.ts'
import { toWireTime } from './wire-time.ts'

interface Named {
  readonly name: string
}

interface FieldMask {
  readonly paths: readonly string[]
}

interface WireDuration {
  readonly seconds: string
}

interface WireKey extends Named {
  readonly purpose: string
  readonly labels: Readonly<Record<string, string>>
  readonly nextRotationTime: object | null
  readonly rotationPeriod: object | null
  readonly versionTemplate: { readonly protectionLevel: string } | null
  readonly destroyScheduledDuration: WireDuration | null
}

export function createKeyRing(
  store: KeyStore,
  request: { readonly parent: string; readonly keyRingId: string },
): object {
  const parent = checkedName('location', request.parent)
  return wireKeyRing(store.createKeyRing(childName(parent, 'keyRings', request.keyRingId)))
}

export function getKeyRing(store: KeyStore, { name }: Named): object {
  return wireKeyRing(store.keyRing(checkedName('keyRing', name)))
}

export function wireKeyRing(ring: StoredKeyRing): object {
  return { name: ring.name, createTime: toWireTime(ring.createTime) }
}

/** Makes a symmetric key; with its first version, unless that is not wanted. */
export function createCryptoKey(
  store: KeyStore,
  request: {
    readonly parent: string
    readonly cryptoKeyId: string
    readonly cryptoKey: WireKey | null
    readonly skipInitialVersionCreation: boolean
  },
): object {
  const { cryptoKey } = request
  const name = childName(checkedName('keyRing', request.parent), 'cryptoKeys', request.cryptoKeyId)
  // A purpose beyond the description is read as the number that it is, or as its default.
  if (cryptoKey?.purpose !== 'ENCRYPT_DECRYPT') {
    throw new GrpcError('UNIMPLEMENTED', 'This emulator has keys of purpose ENCRYPT_DECRYPT only.')
  }
  const key = store.createKey({
    name,
    labels: cryptoKey.labels,
    protectionLevel: cryptoKey.versionTemplate?.protectionLevel === 'HSM' ? 'HSM' : 'SOFTWARE',
    nextRotationTime: cryptoKey.nextRotationTime ?? undefined,
    rotationPeriod: cryptoKey.rotationPeriod ?? undefined,
    destroyScheduledSeconds: Number(
      cryptoKey.destroyScheduledDuration?.seconds ?? String(defaultDestroySeconds),
    ),
  })
  if (!request.skipInitialVersionCreation) rotate(store, key)
  return wireKey(key)
}

export function getCryptoKey(store: KeyStore, { name }: Named): object {
  return wireKey(store.key(checkedName('cryptoKey', name)))
}

/** Changes labels and the rotation schedule. */
export function updateCryptoKey(
  store: KeyStore,
  request: { readonly cryptoKey: WireKey | null; readonly updateMask: FieldMask | null },
): object {
  const { cryptoKey, updateMask } = request
  const key = store.key(checkedName('cryptoKey', cryptoKey?.name ?? ''))
  for (const path of updateMask?.paths ?? []) {
    if (path === 'labels') key.labels = cryptoKey?.labels ?? {}
    else if (path === 'next_rotation_time') key.nextRotationTime = cryptoKey?.nextRotationTime ?? undefined
    else if (path === 'rotation_period') key.rotationPeriod = cryptoKey?.rotationPeriod ?? undefined
    else throw new GrpcError('INVALID_ARGUMENT', `The field '${path}' cannot be updated.`)
  }
  store.save()
  return wireKey(key)
}

export function updateCryptoKeyPrimaryVersion(
  store: KeyStore,
  { name, cryptoKeyVersionId }: Named & { readonly cryptoKeyVersionId: string },
): object {
  const version = checkedName('cryptoKeyVersion', `${name}/cryptoKeyVersions/${cryptoKeyVersionId}`)
  const [key, { number }] = store.version(version)
  key.primary = number
  store.save()
  return wireKey(key)
}

/** Makes a version that does not encrypt until it is made the primary one. */
export function createCryptoKeyVersion(store: KeyStore, { parent }: { readonly parent: string }): object {
  const key = store.key(checkedName('cryptoKey', parent))
  const version = addVersion(key, store.now())
  store.save()
  return wireVersion(key, version)
}

export function getCryptoKeyVersion(store: KeyStore, { name }: Named): object {
  return wireVersion(...store.version(checkedName('cryptoKeyVersion', name)))
}

/** Enables or disables a version. */
export function updateCryptoKeyVersion(
  store: KeyStore,
  request: {
    readonly cryptoKeyVersion: (Named & { readonly state: string }) | null
    readonly updateMask: FieldMask | null
  },
): object {
  const { cryptoKeyVersion, updateMask } = request
  const name = checkedName('cryptoKeyVersion', cryptoKeyVersion?.name ?? '')
  if (updateMask?.paths.length !== 1 || updateMask.paths[0] !== 'state') {
    throw new GrpcError('INVALID_ARGUMENT', "Only the field 'state' can be updated.")
  }
  return changed(store, name, (key, version) => changeState(key, version, cryptoKeyVersion?.state ?? ''))
}

export function destroyCryptoKeyVersion(store: KeyStore, { name }: Named): object {
  return changed(store, name, (key, version) => scheduleDestruction(key, version, store.now()))
}

export function restoreCryptoKeyVersion(store: KeyStore, { name }: Named): object {
  return changed(store, name, restoreVersion)
}

function changed(
  store: KeyStore,
  name: string,
  change: (key: StoredKey, version: StoredVersion) => void,
): object {
  const [key, version] = store.version(checkedName('cryptoKeyVersion', name))
  change(key, version)
  store.save()
  return wireVersion(key, version)
}
