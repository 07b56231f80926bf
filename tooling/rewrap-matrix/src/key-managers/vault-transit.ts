import { openBackend } from '@keywright/backends'
import { vaultTransitEmulator } from '@keywright/emulators'
import { vaultTransit } from '@keywright/vault-transit'
import type { KeyManager, ManagedKey } from './key-manager.ts'

/** A server of Vault, whoever made it. */
interface VaultServer {
  readonly backend: string
  readonly environment: Readonly<Record<string, string>>
  /** The rights to one key; absent where the server has no policies. */
  readonly access?: ((name: string) => Pick<ManagedKey, 'revoke' | 'restore'>) | undefined
  readonly unwrapCalls?: (() => number) | undefined
  readonly close: () => Promise<void>
}

/** Vault's transit engine, by the project's own emulator; administered over HTTP, as its own command does. */
export async function startVaultTransit(): Promise<KeyManager> {
  const { environment, grants, calls, close } = await vaultTransitEmulator()
  const uses = ['update transit/encrypt', 'update transit/datakey/plaintext', 'read transit/keys']
  const isUnwrap = ({ operation }: { readonly operation: string }): boolean =>
    operation.startsWith('update transit/decrypt/')
  return vaultTransitAt({
    backend: 'emulator',
    environment,
    access: (name) => ({
      revoke: async () =>
        grants.limit('root', [...uses.map((use) => `${use}/${name}`), 'read auth/token/lookup-self']),
      restore: async () => grants.release('root'),
    }),
    unwrapCalls: () => calls.latest.filter(isUnwrap).length,
    close,
  })
}

/**
 * Vault's own transit engine, without its policies: what a slot was wrapped with is retired there.
 *
 * @throws BackendMissing
 */
export async function startVaultEngine(): Promise<KeyManager> {
  const { environment, stop } = await openBackend('vault-transit')
  return vaultTransitAt({ backend: 'engine', environment, close: stop })
}

async function vaultTransitAt(server: VaultServer): Promise<KeyManager> {
  const { backend, environment, access, unwrapCalls, close } = server
  const { VAULT_ADDR: address = '', VAULT_TOKEN: token = '' } = environment
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
    const rotate = (): Promise<void> => admin(`${name}/rotate`, {})
    const oldest = (version: number): Promise<void> =>
      admin(`${name}/config`, { min_decryption_version: version })
    const [disable, enable] = [() => rotate().then(() => oldest(2)), () => oldest(1)]
    return {
      uri: `vault-transit://${new URL(address).host}/transit/keys/${name}`,
      kek: () => vaultTransit({ key: name, address, auth: { method: 'token', token }, resilience: false }),
      newVersion: rotate,
      disableFirstVersion: () => oldest(2),
      disable,
      enable,
      revoke: disable,
      restore: enable,
      ...access?.(name),
    }
  }
  return {
    scheme: 'vault-transit',
    backend,
    environment,
    createKey: (name) => create(name, false),
    kinds: new Map([['vault.derived', (name: string) => create(name, true)]]),
    createRewrappable: (name) => create(name, true),
    rewrapsTo: 'own versions',
    unwrapCalls,
    close,
  }
}
