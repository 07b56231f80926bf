import { vaultTransitEmulator } from '@keywright/emulators'
import { vaultTransit } from '@keywright/vault-transit'
import type { KeyManager, ManagedKey } from './key-manager.ts'

/** Vault's transit engine, by the project's own emulator; administered over HTTP, as its own command does. */
export async function startVaultTransit(): Promise<KeyManager> {
  const { url: address, environment, grants, calls, close, rootToken: token } = await vaultTransitEmulator()
  const admin = async (path: string, body: object): Promise<void> => {
    const answer = await fetch(`${address}/v1/transit/keys/${path}`, {
      method: 'POST',
      headers: { 'X-Vault-Token': token },
      body: JSON.stringify(body),
    })
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`)
    await answer.arrayBuffer()
  }
  const create = async (name: string, derived: boolean): Promise<ManagedKey> => {
    await admin(name, { type: 'aes256-gcm96', derived })
    const uses = ['update transit/encrypt', 'update transit/datakey/plaintext', 'read transit/keys']
    const withoutUnwrap = [...uses.map((use) => `${use}/${name}`), 'read auth/token/lookup-self']
    return {
      uri: `vault-transit://${new URL(address).host}/transit/keys/${name}`,
      kek: () => vaultTransit({ key: name, address, auth: { method: 'token', token }, resilience: false }),
      newVersion: () => admin(`${name}/rotate`, {}),
      disableFirstVersion: () => admin(`${name}/config`, { min_decryption_version: 2 }),
      revoke: async () => grants.limit('root', withoutUnwrap),
      restore: async () => grants.release('root'),
    }
  }
  const isUnwrap = ({ operation }: { readonly operation: string }): boolean =>
    operation.startsWith('update transit/decrypt/')
  return {
    scheme: 'vault-transit',
    backend: 'emulator',
    environment,
    createKey: (name) => create(name, false),
    createRewrappable: (name) => create(name, true),
    rewrapsTo: 'own versions',
    unwrapCalls: () => calls.latest.filter(isUnwrap).length,
    close,
  }
}
