import { openBackend } from '@keywright/backends'
import type { ConformanceHarness, ConformanceStage } from '@keywright/conformance'
import { vaultTransit } from '../src/index.ts'
import { vaultStage } from './vault-stage.ts'

async function prepare(kind: object): Promise<ConformanceStage> {
  const { environment, stop } = await openBackend('vault-transit')
  const { VAULT_ADDR: url = '', VAULT_TOKEN: rootToken = '' } = environment
  const { admin, firstName, ...stage } = await vaultStage({ url, rootToken }, rootToken, kind)
  // This server has no policies, and one without `create` is what keeps a key that is gone from being made anew.
  await admin('POST', 'transit/config/keys', { disable_upsert: true })
  return { ...stage, close: stop }
}

/** Both kinds of key on Vault's own transit engine, a new one for each case. */
export const harnesses: readonly ConformanceHarness[] = ['AEAD', 'derived'].map((kind) => ({
  provider: 'vault-transit',
  backend: `transit engine of Vault 1.21.4, ${kind} key`,
  fromUri: vaultTransit.fromUri,
  prepare: () => prepare({ type: 'aes256-gcm96', derived: kind === 'derived' }),
}))
