import { gcpKmsEmulator } from '@keywright/emulators'
import { gcpKms } from '@keywright/gcp-kms'
import type { KeyManager } from './key-manager.ts'

const location = 'projects/acme/locations/europe-west3'
const ring = `${location}/keyRings/app`
/** Permissions that unwrap nothing, for a principal whose right to unwrap is gone. */
const withoutUnwrap = [
  'cloudkms.cryptoKeys.get',
  'cloudkms.cryptoKeyVersions.list',
  'cloudkms.cryptoKeyVersions.useToEncrypt',
]

/** Google Cloud KMS, by the project's own emulator; administered by Google's client. */
export async function startGcpKms(): Promise<KeyManager> {
  const { url: endpoint, environment, createKey, grants, calls, close } = await gcpKmsEmulator()
  const { KeyManagementServiceClient } = await import('@google-cloud/kms')
  const { default: gax } = await import('google-gax')
  const { hostname: apiEndpoint, port } = new URL(endpoint)
  const admin = new KeyManagementServiceClient({
    apiEndpoint,
    port: Number(port),
    sslCreds: gax.grpc.credentials.createInsecure(),
    clientOptions: { universeDomain: 'googleapis.com' },
  })
  return {
    scheme: 'gcp-kms',
    backend: 'emulator',
    environment,
    createKey: async (id) => {
      const name = `${ring}/cryptoKeys/${id}`
      createKey(name)
      const each = async (state: 'ENABLED' | 'DISABLED'): Promise<void> => {
        const [versions] = await admin.listCryptoKeyVersions({ parent: name })
        for (const { name: version } of versions) {
          const cryptoKeyVersion = { name: version ?? '', state }
          await admin.updateCryptoKeyVersion({ cryptoKeyVersion, updateMask: { paths: ['state'] } })
        }
      }
      return {
        uri: `gcp-kms://${name}`,
        kek: () => gcpKms({ key: name, endpoint, resilience: false }),
        newVersion: async () => {
          const [version] = await admin.createCryptoKeyVersion({ parent: name })
          const cryptoKeyVersionId = version.name?.split('/').at(-1) ?? ''
          await admin.updateCryptoKeyPrimaryVersion({ name, cryptoKeyVersionId })
        },
        disableFirstVersion: async () => {
          const cryptoKeyVersion = { name: `${name}/cryptoKeyVersions/1`, state: 'DISABLED' } as const
          await admin.updateCryptoKeyVersion({ cryptoKeyVersion, updateMask: { paths: ['state'] } })
        },
        revoke: async () => grants.limit('anonymous', withoutUnwrap),
        restore: async () => grants.release('anonymous'),
        disable: () => each('DISABLED'),
        enable: () => each('ENABLED'),
      }
    },
    unwrapCalls: () => calls.count('Decrypt'),
    close: async () => {
      await admin.close()
      await close()
    },
  }
}
