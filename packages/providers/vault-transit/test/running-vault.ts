import { keyContext } from '@keywright/conformance'
import type { Kek, KeyContext } from '@keywright/core'
import {
  type VaultTransitEmulator,
  type VaultTransitEmulatorOptions,
  vaultTransitEmulator,
} from '@keywright/emulators'
import { onTestFinished } from 'vitest'
import { type Administer, administer } from '../conformance/administer.ts'
import { type VaultTransitOptions, vaultTransit } from '../src/index.ts'

/** An emulator for one test, with its root at hand. */
export interface RunningVault extends VaultTransitEmulator {
  readonly admin: Administer
  /** A KEK over a key here, by default with the root token; closed after the test, without the retry policy. */
  readonly kek: (options?: Partial<VaultTransitOptions>) => Kek
}

/** Starts an emulator that ends with the test, with two keys: `aead` and `derived`. */
export async function runningVault(options: VaultTransitEmulatorOptions = {}): Promise<RunningVault> {
  const vault = await vaultTransitEmulator(options)
  onTestFinished(vault.close)
  if (vault.certificate === undefined) {
    const admin = administer(vault.url, vault.rootToken)
    await admin('POST', 'transit/keys/aead', {})
    await admin('POST', 'transit/keys/derived', { derived: true })
  }
  const auth = { method: 'token', token: vault.rootToken } as const
  const kek = (own: Partial<VaultTransitOptions> = {}): Kek => {
    const made = vaultTransit({
      key: 'aead',
      address: vault.url,
      namespace: '',
      auth,
      resilience: false,
      ...own,
    })
    onTestFinished(() => made.close())
    return made
  }
  return Object.assign(vault, { admin: administer(vault.url, vault.rootToken), kek })
}

/** A context, and another one. */
export const context: KeyContext = keyContext({ tenant: 'a' })
export const otherContext: KeyContext = keyContext({ tenant: 'b' })

/** A slot as a header would keep it, with its context. */
export type Slot = Omit<Parameters<Kek['unwrapKey']>[0], 'signal'>

/** Wraps a data key, by default 32 sevens, in {@link context}. */
export async function wrapped(kek: Kek, dataKey: Uint8Array = new Uint8Array(32).fill(7)): Promise<Slot> {
  const { reference } = await kek.connect()
  const { keyVersion = '', ...answer } = await kek.wrapKey({ dataKey, context })
  return { wrapped: answer.wrapped, algorithm: answer.algorithm, keyVersion, reference, context }
}
