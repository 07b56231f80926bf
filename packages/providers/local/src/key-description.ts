import type { KeyDescription } from '@keywright/core/provider'
import type { KeyHeader } from './key-header.ts'
import type { KeyLocation } from './key-location.ts'

/** What is known of a local key without its material. */
export interface LocalKeyDescription extends KeyDescription {
  readonly name: string
  /** Key URI, `local://NAME`. */
  readonly uri: string
  /** Absolute path of the key file: what a backup has to hold. */
  readonly path: string
  /** The version that wraps. */
  readonly currentVersion: string
  /** Whether the file is guarded by a passphrase. */
  readonly passphrase: boolean
}

/**
 * Describes a key in the contract's terms.
 *
 * @param header the header of its file
 */
export function describeHeader(header: KeyHeader): KeyDescription & { readonly currentVersion: string } {
  const current = header.versions.at(-1)
  return {
    state: current?.state ?? 'unknown',
    currentVersion: String(header.versions.length),
    versions: header.versions.map(({ version, state, createdAt }) => ({
      version: String(version),
      state,
      createdAt: new Date(createdAt),
    })),
    protectionLevel: 'software',
    createdAt: new Date(header.createdAt),
  }
}

/**
 * Describes a key with its file.
 *
 * @param location where the file is
 * @param header its header
 */
export function describeLocation(location: KeyLocation, header: KeyHeader): LocalKeyDescription {
  return {
    ...describeHeader(header),
    name: location.name,
    uri: `local://${location.name}`,
    path: location.path,
    passphrase: header.protection.kind === 'passphrase',
  }
}
