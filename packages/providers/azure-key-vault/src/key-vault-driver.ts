import type { CryptographyOptions, KeyProperties } from '@azure/keyvault-keys'
import {
  type Capabilities,
  type KekDriver,
  type KeyDescription,
  KeywrightError,
} from '@keywright/core/provider'
import type { AzureCryptographyClient, AzureKeyVaultClient } from './azure-clients.ts'
import { isForbidden, refusesVersion } from './error-codes.ts'
import { checkedVersion, type KeyLocation, readKid, sameKey } from './key-location.ts'
import type { WrapMethod } from './wrap-methods.ts'

/** Versions that a description lists, and pages that are read for it; the service sets no bound. */
const maxVersions = 1_000

/** Versions whose clients are kept; a client costs one challenge, and a header may name any version. */
const keptClients = 16

/**
 * One key of a vault or managed HSM.
 *
 * @param client reaches the service
 * @param location the key
 * @param method how it wraps
 * @param protectionLevel as far as it is known
 * @param now milliseconds since 1970, against which the dates of the key are held
 */
export function keyVaultDriver(
  client: AzureKeyVaultClient,
  location: KeyLocation,
  method: WrapMethod,
  protectionLevel: Capabilities['protectionLevel'],
  now: () => number = Date.now,
): KekDriver {
  const { name } = location
  const clientOf = clientsByVersion(client, location)
  return {
    keyRef: location.reference,
    capabilities: {
      contextBinding: method.contextBinding,
      tellsVersionOnWrap: true,
      tellsVersionOnUnwrap: true,
      needsVersionToUnwrap: true,
      tellsKey: true,
      serverSideRewrap: false,
      generatesDataKeys: false,
      maxBatchKeys: 1,
      wrapAuthenticity: method.wrapAuthenticity,
      maxConcurrentCalls: 64,
      protectionLevel,
      algorithms: [method.tag],
    },
    owns: (reference) => sameKey(reference, location.reference),
    wrapKey: async ({ dataKey, context, signal }) => {
      const { options, kid } = watched(signal)
      const wrapped = await method.wrap(clientOf(''), dataKey, context.digest, options)
      return { wrapped, ...readKid(kid()), algorithm: method.tag }
    },
    unwrapKey: async ({ wrapped, keyVersion, context, signal }) => {
      const version = checkedVersion(keyVersion)
      const { options, kid } = watched(signal)
      try {
        const unwrapped = await method.unwrap(clientOf(version), wrapped, context.digest, options)
        return { dataKey: unwrapped, ...readKid(kid()) }
      } catch (error) {
        throw await retirement(client, name, version, error, signal)
      }
    },
    describeKey: async ({ signal }) => {
      const options = callOptions(signal)
      const { properties } = await client.keys.getKey(name, options)
      const versions = await listVersions(client, name, options)
      return describe(properties, versions, protectionLevel, now())
    },
    // The library's clients hold nothing but pooled connections, which end by themselves.
    close: async () => {},
  }
}

/**
 * The clients, one a version, the latest used kept. Each is made for a key without material, dates and permissions:
 * with these, the library would read the key first, wrap by itself, and refuse to unwrap under a key that has expired.
 */
function clientsByVersion(
  { cryptography }: AzureKeyVaultClient,
  { host, name }: KeyLocation,
): (version: string) => AzureCryptographyClient {
  const kept = new Map<string, AzureCryptographyClient>()
  const vaultUrl = `https://${host}`
  const make = (version: string): AzureCryptographyClient => {
    const id = [vaultUrl, 'keys', name, version].filter((part) => part !== '').join('/')
    return cryptography({ name, id, key: {}, properties: { name, vaultUrl, version } })
  }
  return (version) => {
    const made = kept.get(version) ?? make(version)
    kept.delete(version)
    kept.set(version, made)
    if (kept.size > keptClients) kept.delete([...kept.keys()][0] ?? version)
    return made
  }
}

/** Options of one call of the library, which ends with the signal. */
export function callOptions(signal: AbortSignal | undefined): CryptographyOptions {
  return signal === undefined ? {} : { abortSignal: signal }
}

/** The library answers with the key that it believes to have used: only the answer itself has the true `kid`. */
function watched(signal: AbortSignal | undefined): { options: CryptographyOptions; kid: () => unknown } {
  let body: unknown
  return {
    options: {
      ...callOptions(signal),
      onResponse: ({ parsedBody }) => {
        body = parsedBody
      },
    },
    kid: () => (typeof body === 'object' && body !== null && 'kid' in body ? body.kid : undefined),
  }
}

/** A refused version tells nothing of the key: that works on where another version is current and enabled. */
async function retirement(
  { keys }: AzureKeyVaultClient,
  name: string,
  version: string,
  error: unknown,
  signal: AbortSignal | undefined,
): Promise<unknown> {
  if (!refusesVersion(error)) return error
  const current = await keys.getKey(name, callOptions(signal)).catch(() => undefined)
  if (current === undefined || current.properties.enabled === false) return error
  if (current.properties.version === version) return error
  const message = 'this version of the key is disabled or gone, and the key has another one now'
  return new KeywrightError('key-version-retired', message, { field: 'keyVersion' })
}

/** The versions of a key, at most 1,000; undefined where an access policy lets the caller read the key and not list them. */
async function listVersions(
  { keys }: AzureKeyVaultClient,
  name: string,
  options: CryptographyOptions,
): Promise<readonly KeyProperties[] | undefined> {
  const listed: KeyProperties[] = []
  let pages = 0
  try {
    for await (const page of keys.listPropertiesOfKeyVersions(name, options).byPage()) {
      listed.push(...page)
      pages += 1
      if (listed.length >= maxVersions || pages >= maxVersions) break
    }
    return listed.slice(0, maxVersions)
  } catch (error) {
    if (isForbidden(error)) return undefined
    throw error
  }
}

/** A version unwraps while it is enabled, whatever its dates; the key wraps if they allow it, too. */
function describe(
  current: KeyProperties,
  listed: readonly KeyProperties[] | undefined,
  protectionLevel: Capabilities['protectionLevel'],
  now: number,
): KeyDescription {
  // The list was cut if the current version is not in it: its last place is that one's.
  const whole = listed?.some(({ version }) => version === current.version)
  const versions = whole ? (listed ?? []) : [...(listed ?? []).slice(0, maxVersions - 1), current]
  const { enabled, notBefore, expiresOn } = current
  const inTime = now >= (notBefore?.getTime() ?? now) && now < (expiresOn?.getTime() ?? Infinity)
  const [createdAt] = (listed ?? []).flatMap(({ createdOn }) => createdOn ?? []).sort((a, b) => +a - +b)
  return {
    state: enabled !== false && inTime ? 'enabled' : 'disabled',
    currentVersion: current.version,
    versions: versions.map(({ version = '', enabled, createdOn }) => ({
      version,
      state: enabled === false ? 'disabled' : 'enabled',
      createdAt: createdOn,
    })),
    protectionLevel,
    createdAt,
  }
}
