import type { TokenCredential } from '@azure/identity'
import type { CryptographyClient, KeyClient, KeyVaultKey } from '@azure/keyvault-keys'

/** Ready clients of `@azure/keyvault-keys` for one vault or managed HSM, or objects that do what is called of them. */
export interface AzureKeyVaultClient {
  readonly keys: Pick<KeyClient, 'getKey' | 'listPropertiesOfKeyVersions'>
  /** Makes the client for one version: `(key) => new CryptographyClient(key, credential, options)`. */
  readonly cryptography: (key: KeyVaultKey) => AzureCryptographyClient
}

/** What is called of a `CryptographyClient`. */
export type AzureCryptographyClient = Pick<
  CryptographyClient,
  'wrapKey' | 'unwrapKey' | 'encrypt' | 'decrypt'
>

/** A source of tokens, such as any credential of `@azure/identity`. */
export type AzureCredential = TokenCredential
