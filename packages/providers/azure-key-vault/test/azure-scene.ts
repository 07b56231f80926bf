import { CryptographyClient, type CryptographyClientOptions, KeyClient } from '@azure/keyvault-keys'
import type { Kek, KeyContext, KeywrightError } from '@keywright/core'
import { isKeywrightError } from '@keywright/core'
import { type AzureEmulator, azureKeyVaultEmulator, azureManagedHsmEmulator } from '@keywright/emulators'
import { rsaKeys } from '../conformance/rsa-keys.ts'
import { type AzureCredential, azureKeyVault } from '../src/index.ts'

type Options = Partial<Parameters<typeof azureKeyVault>[0]>

/** An emulator with one key in it, clients, and KEKs over the key. */
export interface AzureScene {
  readonly emulator: AzureEmulator
  readonly keys: KeyClient
  readonly credential: AzureCredential
  /** Options of the service's own clients, their retries as they come. */
  readonly clientOptions: () => CryptographyClientOptions
  /** The service's own client for the key, or for one version of it. */
  readonly sdkClient: (version?: string) => CryptographyClient
  /** A KEK over the key, without the policy around it unless told otherwise. */
  readonly kek: (options?: Options) => Kek
  readonly close: () => Promise<void>
}

/** Starts it; the key is called `orders`. */
export async function azureScene(type: 'RSA' | 'EC' | 'oct-HSM' | 'none' = 'oct-HSM'): Promise<AzureScene> {
  const emulator = await (type === 'oct-HSM' ? azureManagedHsmEmulator() : azureKeyVaultEmulator())
  const credential = {
    getToken: async () => ({ token: emulator.token(), expiresOnTimestamp: Date.now() + 3_600_000 }),
  }
  const tlsOptions = { ca: emulator.certificate }
  const clientOptions = (): CryptographyClientOptions => ({
    disableChallengeResourceVerification: true,
    tlsOptions,
  })
  const keys = new KeyClient(emulator.url, credential, clientOptions())
  try {
    if (type === 'RSA') await keys.importKey('orders', rsaKeys[0] ?? {})
    else if (type !== 'none') await keys.createKey('orders', type)
  } catch (error) {
    // It keeps its certificate in a folder until then.
    await emulator.close()
    throw error
  }
  const reference = `${emulator.host}/keys/orders`
  return {
    emulator,
    keys,
    credential,
    clientOptions,
    sdkClient: (version) => {
      const id = [`https://${reference}`, version].filter(Boolean).join('/')
      return new CryptographyClient(id, credential, clientOptions())
    },
    kek: (options) =>
      azureKeyVault({
        key: reference,
        credential,
        tls: tlsOptions,
        emulatorHost: emulator.host,
        resilience: false,
        ...options,
      }),
    close: emulator.close,
  }
}

/** 32 bytes. */
export const dataKey: Uint8Array = new Uint8Array(32).fill(7)

export const context: KeyContext = { role: 'dek', pairs: {}, digest: new Uint8Array(32).fill(1) }

/** What unwraps a wrap of {@link dataKey}. */
export interface Slot {
  readonly wrapped: Uint8Array
  readonly reference: string
  readonly keyVersion: string
  readonly algorithm: string
  readonly context: KeyContext
}

export async function wrapped(kek: Kek): Promise<Slot> {
  const { wrapped, keyVersion = '', algorithm } = await kek.wrapKey({ dataKey, context })
  const { reference } = await kek.connect()
  return { wrapped, reference, keyVersion, algorithm, context }
}

/** The error that a call ends with. */
export async function failureOf(call: Promise<unknown>): Promise<KeywrightError> {
  try {
    await call
  } catch (error) {
    if (isKeywrightError(error)) return error
    throw error
  }
  throw new Error('the call succeeded')
}
