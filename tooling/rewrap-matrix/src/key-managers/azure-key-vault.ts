import { azureKeyVault } from '@keywright/azure-key-vault'
import { type AzureEmulator, azureKeyVaultEmulator, azureManagedHsmEmulator } from '@keywright/emulators'
import type { KeyManager, ManagedKey } from './key-manager.ts'

const anHourMs = 3_600_000

/** What a key of Azure wraps with. */
type Algorithm = NonNullable<Parameters<typeof azureKeyVault>[0]['algorithm']>

/** Azure Key Vault, by the project's own emulator, with RSA keys; administered by Microsoft's client. */
export async function startAzureKeyVault(): Promise<KeyManager> {
  const emulator = await azureKeyVaultEmulator()
  const data = 'Microsoft.KeyVault/vaults/keys'
  const create = await creator(emulator, [`${data}/read`, `${data}/wrap/action`])
  return { ...managerOf(emulator), createKey: (name) => create(name, 'RSA-OAEP-256') }
}

/** Azure Managed HSM, by the project's own emulator, with symmetric keys. */
export async function startAzureManagedHsm(): Promise<KeyManager> {
  const emulator = await azureManagedHsmEmulator()
  const data = 'Microsoft.KeyVault/managedHsm/keys'
  const may = ['read', 'wrap', 'encrypt'].map((what) => `${data}/${what}/action`)
  const create = await creator(emulator, may)
  return {
    ...managerOf(emulator),
    createKey: (name) => create(name, 'A256GCM'),
    kinds: new Map([
      ['azure.a256gcm', (name: string) => create(name, 'A256GCM')],
      ['azure.a256kw', (name: string) => create(name, 'A256KW')],
    ]),
  }
}

function managerOf({ environment, calls, close }: AzureEmulator): Omit<KeyManager, 'createKey'> {
  const unwrapCalls = (): number => calls.count('unwrapKey')
  return { scheme: 'azure-key-vault', backend: 'emulator', environment, unwrapCalls, close }
}

async function creator(
  emulator: AzureEmulator,
  withoutUnwrap: readonly string[],
): Promise<(name: string, algorithm: Algorithm) => Promise<ManagedKey>> {
  const { certificate: ca, host, grants } = emulator
  const token = emulator.token()
  const credential = { getToken: async () => ({ token, expiresOnTimestamp: Date.now() + anHourMs }) }
  const { KeyClient } = await import('@azure/keyvault-keys')
  const trust = { disableChallengeResourceVerification: true, tlsOptions: { ca } }
  const admin = new KeyClient(emulator.url, credential, trust)
  return async (name, algorithm) => {
    const made =
      algorithm === 'RSA-OAEP-256'
        ? await admin.createRsaKey(name, { keySize: 2_048 })
        : await admin.createKey(name, 'oct-HSM', { keySize: 256 })
    const { version: first = '' } = made.properties
    const each = async (enabled: boolean): Promise<void> => {
      for await (const { version = '' } of admin.listPropertiesOfKeyVersions(name)) {
        await admin.updateKeyProperties(name, version, { enabled })
      }
    }
    return {
      uri: `azure-key-vault://${host}/keys/${name}`,
      kek: () =>
        azureKeyVault({
          key: `${host}/keys/${name}`,
          // The others are what a key of its type wraps with by itself.
          algorithm: algorithm === 'A256KW' ? algorithm : undefined,
          credential,
          tls: { ca },
          emulatorHost: host,
          resilience: false,
        }),
      newVersion: async () => void (await admin.rotateKey(name)),
      disableFirstVersion: async () =>
        void (await admin.updateKeyProperties(name, first, { enabled: false })),
      revoke: async () => grants.limit('emulator', withoutUnwrap),
      restore: async () => grants.release('emulator'),
      disable: () => each(false),
      enable: () => each(true),
    }
  }
}
