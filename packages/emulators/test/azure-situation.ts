import type { CreateKeyOptions, CryptographyClient } from '@azure/keyvault-keys'
import { type AzureScene, type Exchange, encryptOutside } from './azure-scene.ts'

/** How well it is known what the service does. */
export type Evidence = 'recorded' | 'quoted' | 'documented' | 'inferred'

/** Brings a fresh emulator into a situation, and returns the answer in question. */
export type Run = (scene: AzureScene) => Promise<Exchange>

/** One thing that the service was asked, and what it answered. */
export interface Situation {
  /** As the recording calls it, where there is one. */
  readonly situation: string
  readonly evidence: Evidence
  /** Why this row is not replayed, or how its replay differs from the recording. */
  readonly differs?: string
  readonly run?: Run
  readonly status?: number
  /** The members of the body in order, those of inner objects as `outer.inner`. */
  readonly members?: string
  /** Of an error. `NAME` stands for the key, `ID` for the request. */
  readonly code?: string
  readonly message?: string
  readonly innerCode?: string
  /** The body as it is, where it is not JSON. */
  readonly text?: string
  /** Members with known values. */
  readonly values?: Readonly<Record<string, unknown>>
  /** Headers that this answer has beside those that every answer has, and those that it lacks. */
  readonly headers?: readonly string[]
  readonly without?: readonly string[]
}

/** 32 bytes that are no secret. */
export const sample: Uint8Array = new Uint8Array(32).fill(0x42)

export const aMinuteAgo: Date = new Date(Date.now() - 60_000)

/** base64url. */
export function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url')
}

/** A path under a version of the interface. */
export function at(path: string, version: string): string {
  return `${path}?api-version=${version}`
}

/** Makes the key `orders`, then asks; the client is one for that key. */
export function withKey(
  type: 'RSA' | 'oct-HSM',
  ask: (client: CryptographyClient, scene: AzureScene) => Promise<Exchange>,
  options?: CreateKeyOptions,
): Run {
  return async (scene) => {
    await scene.keys.createKey('orders', type, options)
    return ask(scene.cryptography('orders'), scene)
  }
}

/** The same for an RSA key, with the sample encrypted outside of the service. */
export function withCiphertext(
  hash: 'sha1' | 'sha256',
  ask: (client: CryptographyClient, ciphertext: Uint8Array, scene: AzureScene) => Promise<Exchange>,
  options?: CreateKeyOptions,
): Run {
  return withKey(
    'RSA',
    async (client, scene) => ask(client, await encryptOutside(scene, 'orders', hash, sample), scene),
    options,
  )
}

/** Posts an operation by hand, for the RSA key `orders`. */
export function post(path: string, version: string, body: Readonly<Record<string, unknown>>): Run {
  return withKey('RSA', (_, { byHand }) => byHand('POST', at(`/keys/orders${path}`, version), body))
}

/** The paths of all members, in order. */
export function membersOf(value: unknown, outer = ''): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return []
  return Object.entries(value).flatMap(([name, member]) => {
    const inner = membersOf(member, `${outer}${name}.`)
    return inner.length === 0 ? [`${outer}${name}`] : inner
  })
}
