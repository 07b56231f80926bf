import { azureKeyVault } from '@keywright/azure-key-vault'
import { azureKeyVaultEmulator } from '@keywright/emulators'
import type { KeyManager } from './key-manager.ts'

const anHourMs = 3_600_000
const data = 'Microsoft.KeyVault/vaults/keys'

/** Azure Key Vault, by the project's own emulator, with RSA keys; administered by Microsoft's client. */
export async function startAzureKeyVault(): Promise<KeyManager> {
  const emulator = await azureKeyVaultEmulator()
  const { certificate: ca, host, environment, grants, calls } = emulator
  const token = emulator.token()
  const credential = { getToken: async () => ({ token, expiresOnTimestamp: Date.now() + anHourMs }) }
  const { KeyClient } = await import('@azure/keyvault-keys')
  const trust = { disableChallengeResourceVerification: true, tlsOptions: { ca } }
  const admin = new KeyClient(emulator.url, credential, trust)
  return {
    scheme: 'azure-key-vault',
    backend: 'emulator',
    environment,
    createKey: async (name) => {
      const { properties } = await admin.createRsaKey(name, { keySize: 2_048 })
      const { version: first = '' } = properties
      return {
        uri: `azure-key-vault://${host}/keys/${name}`,
        kek: () =>
          azureKeyVault({
            key: `${host}/keys/${name}`,
            credential,
            tls: { ca },
            emulatorHost: host,
            resilience: false,
          }),
        newVersion: async () => void (await admin.rotateKey(name)),
        disableFirstVersion: async () =>
          void (await admin.updateKeyProperties(name, first, { enabled: false })),
        revoke: async () => grants.limit('emulator', [`${data}/read`, `${data}/wrap/action`]),
        restore: async () => grants.release('emulator'),
      }
    },
    unwrapCalls: () => calls.count('unwrapKey'),
    close: emulator.close,
  }
}
