import { isKeywrightError, KeywrightError } from '@keywright/core/provider'
import {
  type GuardedKeyFile,
  type Material,
  maxKeyFileBytes,
  openMaterial,
  parseKeyFile,
} from './key-file.ts'
import type { KeyHeader, PassphraseParameters } from './key-header.ts'
import type { KeyLocation } from './key-location.ts'
import { derivePassphraseKey, type ReadPassphrase } from './passphrase.ts'
import { readPrivateFile } from './private-file.ts'
import { checkPrivateFolder } from './private-folder.ts'

/** A key derived from a passphrase, with what it was derived by: as long as that stays, it need not be derived again. */
export interface PassphraseKey {
  readonly parameters: PassphraseParameters
  /** 32 bytes; zero-filled by whoever holds this. */
  readonly bytes: Uint8Array
}

/** A key file read and parsed, its material still guarded. */
export interface ReadKeyFile extends GuardedKeyFile {
  /** Tells this content from any other that the file had or will have. */
  readonly stamp: string
}

/** A key file with its material open. All bytes are for the holder to zero-fill. */
export interface OpenedKey {
  readonly header: KeyHeader
  readonly material: Material
  readonly passphraseKey: PassphraseKey | undefined
  readonly stamp: string
}

/**
 * Reads and parses a key file; needs no passphrase.
 *
 * @param location from `locateKey`
 * @throws KeywrightError `key-not-found`, `access-denied`, `unavailable`, or `configuration` for an unsafe or damaged file
 */
export async function readKeyFile(location: KeyLocation): Promise<ReadKeyFile> {
  try {
    await checkPrivateFolder(location.folder)
    const { bytes, stamp } = await readPrivateFile(location.path, maxKeyFileBytes)
    try {
      const file = parseKeyFile(bytes)
      if (file.header.name === location.name) return { ...file, stamp }
      file.guarded.fill(0)
      throw new KeywrightError('configuration', `${location.path} holds the key "${file.header.name}"`, {
        field: 'name',
      })
    } finally {
      bytes.fill(0)
    }
  } catch (error) {
    throw isKeywrightError(error, 'key-not-found') ? keyNotFound(location) : error
  }
}

/** A key that is not there, with the command that makes it. */
export function keyNotFound({ name, folder }: KeyLocation): KeywrightError {
  const message = `there is no key "${name}" in ${folder}: make it with "keywright keys create ${name}"`
  return new KeywrightError('key-not-found', message, { key: `local://${name}` })
}

/**
 * Reads a key file and opens its material.
 *
 * @param location from `locateKey`
 * @param passphrase how to get the passphrase, when there is to be one
 * @param known a key derived earlier; used again, as the same object, when the file has the same parameters
 * @throws KeywrightError as {@link readKeyFile}; `unauthenticated` when a passphrase is missing or wrong;
 *   `configuration` when one is expected and the file has none
 */
export async function openKey(
  location: KeyLocation,
  passphrase: ReadPassphrase | undefined,
  known?: PassphraseKey | undefined,
): Promise<OpenedKey> {
  const file = await readKeyFile(location)
  const { header, stamp } = file
  let passphraseKey: PassphraseKey | undefined
  try {
    passphraseKey = await passphraseKeyOf(header, passphrase, known)
    return { header, stamp, passphraseKey, material: openMaterial(file, passphraseKey?.bytes) }
  } catch (error) {
    if (passphraseKey !== known) passphraseKey?.bytes.fill(0)
    throw error
  } finally {
    file.guarded.fill(0)
  }
}

async function passphraseKeyOf(
  { name, protection }: KeyHeader,
  passphrase: ReadPassphrase | undefined,
  known: PassphraseKey | undefined,
): Promise<PassphraseKey | undefined> {
  if (protection.kind === 'none') {
    if (passphrase === undefined) return undefined
    // Whoever can write the file could have put a key of their own there, and would read all that it wraps.
    throw new KeywrightError(
      'configuration',
      `a passphrase is configured, and the file of the key "${name}" has none: pass "passphrase: false" if that is right`,
      { field: 'protection' },
    )
  }
  if (passphrase === undefined) {
    throw new KeywrightError(
      'unauthenticated',
      `the key "${name}" has a passphrase: set KEYWRIGHT_PASSPHRASE_FILE or KEYWRIGHT_PASSPHRASE`,
      { field: 'passphrase' },
    )
  }
  if (known !== undefined && sameParameters(known.parameters, protection)) return known
  return { parameters: protection, bytes: await derivePassphraseKey(passphrase, protection) }
}

function sameParameters(a: PassphraseParameters, b: PassphraseParameters): boolean {
  return a.n === b.n && a.salt === b.salt
}
