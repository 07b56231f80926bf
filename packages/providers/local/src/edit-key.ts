import { randomFillSync } from 'node:crypto'
import { lstat } from 'node:fs/promises'
import { KeywrightError, secretBytes } from '@keywright/core/provider'
import { formatKeyFile, type Material, wipeMaterial } from './key-file.ts'
import { withFileLock } from './key-file-lock.ts'
import type { KeyHeader } from './key-header.ts'
import { type KeyLocation, locateKey } from './key-location.ts'
import {
  choosePassphrase,
  derivePassphraseKey,
  newPassphraseParameters,
  type PassphraseSource,
} from './passphrase.ts'
import { replacePrivateFile } from './private-file.ts'
import { checkPrivateFolder, makePrivateFolder } from './private-folder.ts'
import { keyNotFound, openKey, type PassphraseKey } from './read-key.ts'
import { errnoOf, storageFailure } from './storage-failure.ts'

/** Names one key and says how to open its file. */
export interface LocalKeyRequest {
  /** 1 to 63 of `a-z 0-9 . _ -`, starting with a letter or digit. */
  readonly key: string
  /** The data folder; else KEYWRIGHT_DATA_DIR, else the user's data folder as the platform has it. */
  readonly folder?: string | undefined
  /** Else KEYWRIGHT_PASSPHRASE_FILE or KEYWRIGHT_PASSPHRASE; `false` for none. */
  readonly passphrase?: PassphraseSource | undefined
  /** Ends the wait for another process that is changing the key. */
  readonly signal?: AbortSignal | undefined
}

/** What a change of a key file is to make of it. */
export interface KeyEdit {
  readonly header: KeyHeader
  readonly material: Material
  readonly passphraseKey: PassphraseKey | undefined
}

/** A key that was written: where, and what its file says. */
export interface WrittenKey {
  readonly location: KeyLocation
  readonly header: KeyHeader
}

/**
 * Changes a key file: reads it under the lock, and puts the changed one in its place in one step.
 *
 * @param request which key
 * @param change makes the new content; the keys that it adds are zero-filled here
 */
export async function editKey(
  request: LocalKeyRequest,
  change: (current: KeyEdit) => KeyEdit | Promise<KeyEdit>,
): Promise<WrittenKey> {
  const location = await locateKey(request.key, request.folder)
  const passphrase = choosePassphrase(request.passphrase)
  await checkPrivateFolder(location.folder).catch((error: unknown) => {
    throw errorOfMissingFolder(error, location)
  })
  return withFileLock(location.path, request.signal, async () => {
    const current = await openKey(location, passphrase)
    let next: KeyEdit = current
    try {
      next = await change(current)
      await writeKey(location, next)
      return { location, header: next.header }
    } finally {
      wipeEdit(current)
      wipeEdit(next)
    }
  })
}

function errorOfMissingFolder(error: unknown, location: KeyLocation): KeywrightError {
  const failure = storageFailure(error, 'read', location.folder)
  return failure.code === 'key-not-found' ? keyNotFound(location) : failure
}

/**
 * Writes the file of a key that does not exist yet, with version 1.
 *
 * @param request which key
 * @param costLog2 of a passphrase, when there is to be one
 * @throws KeywrightError `storage-exists` when the key is there
 */
export async function writeNewKey(
  request: LocalKeyRequest,
  costLog2: number | undefined,
): Promise<WrittenKey> {
  const location = await locateKey(request.key, request.folder)
  const passphrase = choosePassphrase(request.passphrase)
  const parameters = newPassphraseParameters(costLog2)
  await makePrivateFolder(location.folder)
  return withFileLock(location.path, request.signal, async () => {
    await refuseExisting(location)
    const createdAt = new Date().toISOString()
    const passphraseKey = passphrase && {
      parameters,
      bytes: await derivePassphraseKey(passphrase, parameters),
    }
    const edit: KeyEdit = {
      header: {
        name: location.name,
        createdAt,
        versions: [{ version: 1, state: 'enabled', createdAt }],
        protection: passphraseKey?.parameters ?? { kind: 'none' },
      },
      material: new Map([[1, newKeyBytes()]]),
      passphraseKey,
    }
    try {
      await writeKey(location, edit)
      return { location, header: edit.header }
    } finally {
      wipeEdit(edit)
    }
  })
}

/** 32 random bytes in memory of their own, for the caller to zero-fill. */
export function newKeyBytes(): Uint8Array {
  return randomFillSync(secretBytes(32))
}

async function refuseExisting({ name, path }: KeyLocation): Promise<void> {
  try {
    await lstat(path)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return
    throw storageFailure(error, 'read', path)
  }
  throw new KeywrightError('storage-exists', `there is a key "${name}" already: ${path}`, {
    key: `local://${name}`,
  })
}

async function writeKey(location: KeyLocation, edit: KeyEdit): Promise<void> {
  const bytes = formatKeyFile(edit.header, edit.material, edit.passphraseKey?.bytes)
  try {
    await replacePrivateFile(location.path, bytes)
  } finally {
    bytes.fill(0)
  }
}

function wipeEdit({ material, passphraseKey }: KeyEdit): void {
  wipeMaterial(material)
  passphraseKey?.bytes.fill(0)
}
