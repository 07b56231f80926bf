import { startAwsKms, startMoto } from './aws-kms.ts'
import { startAzureKeyVault, startAzureManagedHsm } from './azure-key-vault.ts'
import { startGcpKms } from './gcp-kms.ts'
import type { KeyManager } from './key-manager.ts'
import { startLocal } from './local.ts'
import { startNssRsa } from './nss-rsa.ts'
import { startPkcs11 } from './pkcs11.ts'
import { startVaultEngine, startVaultTransit } from './vault-transit.ts'

/** What starts each key manager, by the scheme of its keys. */
export const keyManagerStarts: ReadonlyMap<string, () => Promise<KeyManager>> = new Map([
  ['aws-kms', startAwsKms],
  ['gcp-kms', startGcpKms],
  ['azure-key-vault', startAzureKeyVault],
  ['vault-transit', startVaultTransit],
  ['pkcs11', startPkcs11],
  ['local', startLocal],
])

/** Servers of another make for the same schemes, which take minutes to install. */
export const otherServerStarts: ReadonlyMap<string, () => Promise<KeyManager>> = new Map([
  ['aws-kms', startMoto],
  ['vault-transit', startVaultEngine],
])

/** Key managers whose keys wrap otherwise than those of the six usually do, by the algorithm. */
export const kindStarts: ReadonlyMap<string, () => Promise<KeyManager>> = new Map([
  ['aws-kms.digest', startAwsKms],
  ['vault.derived', startVaultTransit],
  ['azure.a256gcm', startAzureManagedHsm],
  ['pkcs11.aes-kwp', startPkcs11],
  ['pkcs11.rsa-oaep-256', startNssRsa],
])
