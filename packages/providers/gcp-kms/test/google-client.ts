import { KeyManagementServiceClient } from '@google-cloud/kms'
import gax from 'google-gax'

/** The unmodified client, over an emulator. */
export function googleClient(url: string): KeyManagementServiceClient {
  const { hostname, port } = new URL(url)
  return new KeyManagementServiceClient({
    apiEndpoint: hostname,
    port: Number(port),
    sslCreds: gax.grpc.credentials.createInsecure(),
    // Told, so that it is not asked of a metadata server.
    clientOptions: { universeDomain: 'googleapis.com' },
  })
}

/** What an administrator does to a key, through the unmodified client. */
export interface KeyAdministration {
  /** Makes a new version and lets it encrypt. */
  readonly rotate: () => Promise<void>
  readonly setState: (version: number, state: 'ENABLED' | 'DISABLED') => Promise<void>
  readonly destroy: (version: number) => Promise<void>
}

/**
 * @param url of an emulator
 * @param key the key's full name
 */
export function keyAdministration(url: string, key: string): KeyAdministration {
  const once = async (work: (client: KeyManagementServiceClient) => Promise<unknown>): Promise<void> => {
    const client = googleClient(url)
    await work(client)
    await client.close()
  }
  const nameOf = (version: number): string => `${key}/cryptoKeyVersions/${version}`
  return {
    rotate: () =>
      once(async (client) => {
        const [{ name }] = await client.createCryptoKeyVersion({ parent: key })
        const cryptoKeyVersionId = name?.split('/').at(-1) ?? ''
        await client.updateCryptoKeyPrimaryVersion({ name: key, cryptoKeyVersionId })
      }),
    setState: (version, state) =>
      once((client) => {
        const cryptoKeyVersion = { name: nameOf(version), state }
        return client.updateCryptoKeyVersion({ cryptoKeyVersion, updateMask: { paths: ['state'] } })
      }),
    destroy: (version) => once((client) => client.destroyCryptoKeyVersion({ name: nameOf(version) })),
  }
}
