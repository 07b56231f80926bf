import type { Kek, KeyContext } from '@keywright/core'
import { isKeywrightError, type KeywrightError } from '@keywright/core'
import { type GcpKmsEmulator, gcpKmsEmulator } from '@keywright/emulators'
import type { WithResilience } from '@keywright/resilience'
import { type GcpKmsOptions, gcpKms } from '../src/index.ts'
import { type KeyAdministration, keyAdministration } from './google-client.ts'

export const ring = 'projects/p/locations/europe-west6/keyRings/r'
export const key: string = `${ring}/cryptoKeys/orders`
export const otherKey: string = `${ring}/cryptoKeys/others`

/** A context as core hands it to a provider. */
export const context: KeyContext = {
  role: 'dek',
  pairs: { tenant: 'a' },
  digest: new Uint8Array(32).fill(9),
}

/** An emulator with two keys, and KEKs over the first without the policy that would hide how often it is asked. */
export interface Scene {
  readonly emulator: GcpKmsEmulator
  readonly admin: KeyAdministration
  readonly kek: (options?: Partial<WithResilience<GcpKmsOptions>>) => Kek
  readonly close: () => Promise<void>
}

export async function startScene(): Promise<Scene> {
  const emulator = await gcpKmsEmulator()
  emulator.createKey(key)
  emulator.createKey(otherKey)
  const made: Kek[] = []
  return {
    emulator,
    admin: keyAdministration(emulator.url, key),
    kek: (options = {}) => {
      const kek = gcpKms({ key, endpoint: emulator.url, resilience: false, ...options })
      made.push(kek)
      return kek
    },
    close: async () => {
      await Promise.allSettled(made.map((kek) => kek.close()))
      await emulator.close()
    },
  }
}

export const newDataKey = (): Uint8Array => crypto.getRandomValues(new Uint8Array(32))

/** Wraps a data key, and gives what a slot would hold of it. */
export async function wrapped(kek: Kek, dataKey: Uint8Array = newDataKey()): Promise<WrappedKey> {
  const { wrapped: bytes, keyVersion = '', algorithm } = await kek.wrapKey({ dataKey, context })
  return { wrapped: bytes, keyVersion, algorithm, reference: key, context }
}

/** What `unwrapKey` takes. */
export type WrappedKey = Parameters<Kek['unwrapKey']>[0]

/** The error that a call ends with. */
export async function failureOf(call: () => Promise<unknown>): Promise<KeywrightError> {
  try {
    await call()
  } catch (error) {
    if (isKeywrightError(error)) return error
    throw error
  }
  throw new Error('nothing was refused')
}

/** The code of the error that a call ends with. */
export async function codeOf(call: () => Promise<unknown>): Promise<string> {
  return (await failureOf(call)).code
}
