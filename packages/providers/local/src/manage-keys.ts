import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { KeywrightError } from '@keywright/core/provider'
import { editKey, type LocalKeyRequest, newKeyBytes, writeNewKey } from './edit-key.ts'
import { describeLocation, type LocalKeyDescription } from './key-description.ts'
import { openMaterial, wipeMaterial } from './key-file.ts'
import { locateKey, locateKeyFolder } from './key-location.ts'
import {
  choosePassphrase,
  derivePassphraseKey,
  newPassphraseParameters,
  type PassphraseSource,
} from './passphrase.ts'
import { readKeyFile } from './read-key.ts'
import { errnoOf, storageFailure } from './storage-failure.ts'

/** Asks for a new key. */
export interface CreateKeyRequest extends LocalKeyRequest {
  /** Logarithm of scrypt's cost, 15 to 20, where there is a passphrase; 17 unless told: a third of a second, 128 MiB. */
  readonly scryptCostLog2?: number | undefined
}

/** Asks for another passphrase, or for none. */
export interface ChangePassphraseRequest extends LocalKeyRequest {
  /** The passphrase from now on; `false` takes it away. The environment is not asked. */
  readonly newPassphrase: PassphraseSource
  /** As in {@link CreateKeyRequest}. */
  readonly scryptCostLog2?: number | undefined
}

/** One key file that was found. */
export interface ListedKey {
  readonly name: string
  /** Undefined when the file could not be used. */
  readonly description: LocalKeyDescription | undefined
  /** Why the file could not be used. */
  readonly problem: KeywrightError | undefined
}

/**
 * Makes a key with one version, in a file that only the user can read.
 *
 * @param request its name; a passphrase, where one is configured, guards it from the start
 * @throws KeywrightError `storage-exists`; `configuration`; `storage-denied`, `storage-full`, `storage-read-only`,
 *   `storage-failed`; `conflict`; `aborted`
 */
export async function createKey(request: CreateKeyRequest): Promise<LocalKeyDescription> {
  const { location, header } = await writeNewKey(request, request.scryptCostLog2)
  return describeLocation(location, header)
}

/**
 * Adds a version, which wraps from now on; older versions go on unwrapping.
 *
 * @param request which key
 * @throws KeywrightError `key-not-found`; `unauthenticated` for a wrong passphrase; `configuration`;
 *   `limit-exceeded` after 1,000 versions; storage codes; `conflict`; `aborted`
 */
export async function rotateKey(request: LocalKeyRequest): Promise<LocalKeyDescription> {
  const { location, header } = await editKey(request, ({ header, material, passphraseKey }) => {
    const version = header.versions.length + 1
    const added = { version, state: 'enabled', createdAt: new Date().toISOString() } as const
    return {
      header: { ...header, versions: [...header.versions, added] },
      material: new Map([...material, [version, newKeyBytes()]]),
      passphraseKey,
    }
  })
  return describeLocation(location, header)
}

/**
 * Gives a key another passphrase, its first one, or none, with a new salt. Copies of the old file, backups among
 * them, still open with the old passphrase.
 *
 * @param request which key, the passphrase it has, and the one it gets
 * @throws KeywrightError as {@link rotateKey}
 */
export async function changePassphrase(request: ChangePassphraseRequest): Promise<LocalKeyDescription> {
  const read = choosePassphrase(request.newPassphrase)
  const parameters = newPassphraseParameters(request.scryptCostLog2)
  const { location, header } = await editKey(request, async ({ header, material }) => ({
    header: { ...header, protection: read === undefined ? { kind: 'none' } : parameters },
    material,
    passphraseKey: read && { parameters, bytes: await derivePassphraseKey(read, parameters) },
  }))
  return describeLocation(location, header)
}

/**
 * Describes a key. The passphrase is not needed, and so what a file that has one says is not authenticated here;
 * a connected KEK's `describeKey` tells only what is.
 *
 * @param request which key
 * @throws KeywrightError `key-not-found`, `access-denied`, `unavailable`, `configuration`
 */
export async function describeKey(
  request: Pick<LocalKeyRequest, 'key' | 'folder'>,
): Promise<LocalKeyDescription> {
  const location = await locateKey(request.key, request.folder)
  const file = await readKeyFile(location)
  try {
    // The checksum needs no secret.
    if (file.header.protection.kind === 'none') wipeMaterial(openMaterial(file, undefined))
    return describeLocation(location, file.header)
  } finally {
    file.guarded.fill(0)
  }
}

/**
 * Describes the keys of a data folder, in the order of their names; a file that cannot be used is listed with the
 * reason, the same as {@link describeKey} gives.
 *
 * @param request the data folder, when it is not the usual one
 * @throws KeywrightError `configuration`, `access-denied`, `unavailable`
 */
export async function listKeys(request: Pick<LocalKeyRequest, 'folder'> = {}): Promise<readonly ListedKey[]> {
  const folder = await locateKeyFolder(request.folder)
  const listed: ListedKey[] = []
  for (const name of await keyNames(folder)) {
    try {
      listed.push({ name, description: await describeKey({ ...request, key: name }), problem: undefined })
    } catch (error) {
      listed.push({
        name,
        description: undefined,
        problem: storageFailure(error, 'read', join(folder, name)),
      })
    }
  }
  return listed
}

async function keyNames(folder: string): Promise<string[]> {
  try {
    const names = await readdir(folder)
    return names
      .filter((name) => name.endsWith('.json') && !name.startsWith('.'))
      .map((name) => name.slice(0, -'.json'.length))
      .sort()
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return []
    throw storageFailure(error, 'read', folder)
  }
}
