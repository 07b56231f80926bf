import { KeywrightError } from '@keywright/core/provider'
import { editKey, type LocalKeyRequest } from './edit-key.ts'
import { describeLocation, type LocalKeyDescription } from './key-description.ts'
import type { KeyVersionState } from './key-header.ts'

/** Names one version of a key. */
export interface KeyVersionRequest extends LocalKeyRequest {
  /** A number in decimal, as descriptions give it: `1`, `2`, … */
  readonly version: string
}

/** A version as slots name it: decimal, without leading zeros; no sign, no exponent. */
const grammar = /^[1-9][0-9]{0,3}$/

/**
 * Reads a version from a slot or a request.
 *
 * @param text a number in decimal
 * @throws KeywrightError `invalid-argument`, with field `keyVersion`
 */
export function parseKeyVersion(text: string): number {
  if (grammar.test(text)) return Number(text)
  throw new KeywrightError('invalid-argument', 'a version of a local key is a number such as 1', {
    field: 'keyVersion',
  })
}

/**
 * Disables a version: what it wrapped cannot be unwrapped, and when it is the current one nothing can be wrapped,
 * until it is enabled again.
 *
 * @param request which version
 * @throws KeywrightError `key-version-retired` when it is destroyed; `key-not-found`, also for an unknown version;
 *   `invalid-argument`; `unauthenticated`; `configuration`; storage codes; `conflict`; `aborted`
 */
export function disableKeyVersion(request: KeyVersionRequest): Promise<LocalKeyDescription> {
  return changeState(request, 'disabled', ['enabled', 'disabled'])
}

/**
 * Enables a disabled version again.
 *
 * @param request which version
 * @throws KeywrightError as {@link disableKeyVersion}
 */
export function enableKeyVersion(request: KeyVersionRequest): Promise<LocalKeyDescription> {
  return changeState(request, 'enabled', ['enabled', 'disabled'])
}

/**
 * Destroys a disabled version: its key is taken out of the file, and what only it wrapped is lost for good. A copy in
 * a backup, or in sectors that the disk has not used again, is out of reach of this.
 *
 * @param request which version; it must be disabled, so that a mistake shows while it can be undone
 * @throws KeywrightError `invalid-argument` when it is enabled; else as {@link disableKeyVersion}
 */
export function destroyKeyVersion(request: KeyVersionRequest): Promise<LocalKeyDescription> {
  return changeState(request, 'destroyed', ['disabled'])
}

async function changeState(
  request: KeyVersionRequest,
  state: KeyVersionState,
  from: readonly KeyVersionState[],
): Promise<LocalKeyDescription> {
  const number = parseKeyVersion(request.version)
  const { location, header } = await editKey(request, ({ header, material, passphraseKey }) => {
    const known = header.versions[number - 1]
    if (known === undefined) throw unknownVersion(header.name, number)
    if (known.state === 'destroyed') throw retiredVersion(header.name, number)
    if (!from.includes(known.state)) {
      throw new KeywrightError(
        'invalid-argument',
        `version ${number} of the key "${header.name}" is ${known.state}: disable it first, and see what fails`,
        { field: 'version' },
      )
    }
    const versions = header.versions.map((version) => (version === known ? { ...known, state } : version))
    const kept = [...material].filter(([version]) => version !== number || state !== 'destroyed')
    return { header: { ...header, versions }, material: new Map(kept), passphraseKey }
  })
  return describeLocation(location, header)
}

/** A version that the key never had, or has no more since an older file was restored. */
export function unknownVersion(name: string, version: number): KeywrightError {
  return new KeywrightError(
    'key-not-found',
    `the key "${name}" has no version ${version}: its file may have been restored from an older backup`,
    { field: 'keyVersion' },
  )
}

/** A version that was destroyed. */
export function retiredVersion(name: string, version: number): KeywrightError {
  return new KeywrightError('key-version-retired', `version ${version} of the key "${name}" was destroyed`, {
    field: 'keyVersion',
  })
}
