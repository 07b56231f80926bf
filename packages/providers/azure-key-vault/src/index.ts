export type { AzureCredential, AzureCryptographyClient, AzureKeyVaultClient } from './azure-clients.ts'
export { type AzureKeyVaultOptions, azureKeyVault } from './azure-key-vault.ts'
export type { AzureAlgorithm } from './wrap-methods.ts'
