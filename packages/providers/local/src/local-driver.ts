import { randomFillSync } from 'node:crypto'
import { type Capabilities, type KekDriver, KeywrightError } from '@keywright/core/provider'
import { describeHeader } from './key-description.ts'
import type { KeyHeader, KeyVersion } from './key-header.ts'
import { parseKeyVersion, retiredVersion, unknownVersion } from './key-versions.ts'
import type { KeyState, LiveKey } from './live-key.ts'
import {
  openXaes,
  sealXaes,
  type XaesKey,
  xaesKeyBytes,
  xaesNonceBytes,
  xaesTagBytes,
} from './xaes-256-gcm.ts'

/** XAES-256-GCM under the key version that the slot names; nonce, ciphertext and tag; the context's digest is bound. */
const algorithm = 'local.xaes-256-gcm'
/** 72: a nonce, a wrapped key, a tag. */
const wrappedBytes = xaesNonceBytes + xaesKeyBytes + xaesTagBytes

const capabilities: Capabilities = {
  contextBinding: 'native-bytes',
  tellsVersionOnWrap: true,
  tellsVersionOnUnwrap: true,
  needsVersionToUnwrap: true,
  tellsKey: true,
  // The key manager is this process: whatever it rewraps, it has seen.
  serverSideRewrap: false,
  generatesDataKeys: false,
  maxBatchKeys: 1,
  wrapAuthenticity: 'kek-holder',
  maxConcurrentCalls: 64,
  protectionLevel: 'software',
  algorithms: [algorithm],
}

/**
 * Drives one local key.
 *
 * @param name the key's name, which is its reference
 * @param live its file; closed with the driver
 */
export function localDriver(name: string, live: LiveKey): KekDriver {
  return {
    keyRef: name,
    capabilities,
    wrapKey: ({ dataKey, context }) =>
      live.use((state) => {
        const { version, key } = wrappingKey(state)
        const wrapped = new Uint8Array(wrappedBytes)
        const nonce = randomFillSync(wrapped.subarray(0, xaesNonceBytes))
        wrapped.set(sealXaes(key, nonce, dataKey, context.digest), xaesNonceBytes)
        return { wrapped, answeredKey: name, keyVersion: String(version), algorithm }
      }),
    unwrapKey: async ({ wrapped, keyVersion, context }) => {
      const version = parseKeyVersion(keyVersion)
      if (wrapped.length !== wrappedBytes) throw unwrapFailed()
      // A file system whose clock stands still may hide a rotation.
      if (!(await live.use(({ header }) => version <= header.versions.length))) await live.reload()
      return live.use((state) => {
        const key = unwrappingKey(state, version)
        const nonce = wrapped.subarray(0, xaesNonceBytes)
        const dataKey = openXaes(key, nonce, wrapped.subarray(xaesNonceBytes), context.digest)
        if (dataKey === undefined) throw unwrapFailed()
        return { dataKey, answeredKey: name, keyVersion }
      })
    },
    describeKey: () => live.use(({ header }) => describeHeader(header)),
    close: () => live.close(),
  }
}

function wrappingKey({ header, keys }: KeyState): { readonly version: number; readonly key: XaesKey } {
  const version = header.versions.length
  const known = header.versions[version - 1]
  const key = keys.get(version)
  if (known?.state === 'enabled' && key !== undefined) return { version, key }
  if (known?.state === 'disabled') throw disabledVersion(header, version)
  throw destroyedKey(header)
}

function unwrappingKey({ header, keys }: KeyState, version: number): XaesKey {
  const known = header.versions[version - 1]
  if (known === undefined) throw unknownVersion(header.name, version)
  const key = keys.get(version)
  if (known.state === 'enabled' && key !== undefined) return key
  if (known.state === 'disabled') throw disabledVersion(header, version)
  throw header.versions.every(isDestroyed) ? destroyedKey(header) : retiredVersion(header.name, version)
}

function isDestroyed({ state }: KeyVersion): boolean {
  return state === 'destroyed'
}

function disabledVersion({ name }: KeyHeader, version: number): KeywrightError {
  return new KeywrightError('key-disabled', `version ${version} of the key "${name}" is disabled`, {
    field: 'keyVersion',
  })
}

function destroyedKey({ name }: KeyHeader): KeywrightError {
  return new KeywrightError(
    'key-destroyed',
    `the current version of the key "${name}" was destroyed: "keywright keys rotate ${name}" adds one that can wrap`,
  )
}

/** One code for every reason: a changed byte, another context, another key. */
function unwrapFailed(): KeywrightError {
  return new KeywrightError('unwrap-failed', 'the local key does not unwrap this data key in this context')
}
