export type { VaultTls } from './client/vault-http.ts'
export type { VaultAuth, VaultClient, VaultSecret, VaultTransitOptions } from './vault-options.ts'
export { vaultTransit } from './vault-transit.ts'
