import type { Provider } from '@keywright/core/provider'
import { resilientProvider, type WithResilience } from '@keywright/resilience'
import { classifyVaultError } from './error-codes.ts'
import { optionsOfReference, vaultKey } from './vault-address.ts'
import type { VaultTransitOptions } from './vault-options.ts'

/**
 * KEKs in the transit engine of HashiCorp Vault or OpenBao. A key made with `derived=true` binds the context by deriving
 * from it, and is generated and rewrapped inside Vault; any other AEAD key binds it as associated data.
 *
 * Making a KEK throws `configuration` for a name or an address outside the grammar. Using it throws, besides what every
 * KEK throws: `key-not-found`, `key-disabled` (OpenBao's soft delete), `key-version-retired`, `unwrap-failed`,
 * `access-denied`, `unauthenticated`, `throttled`, `unavailable`, `timeout`, `invalid-response`, and `unsupported` for a
 * key of no AEAD type, a convergent one, or a Vault that drops associated data.
 */
export const vaultTransit: Provider<WithResilience<VaultTransitOptions>> =
  resilientProvider<VaultTransitOptions>({
    scheme: 'vault-transit',
    parseUri: ({ reference }) => optionsOfReference(reference),
    describeOptions: (options) => vaultKey(options).reference,
    connect: async (options, call) => {
      // Neither node-vault nor the transport is loaded before a KEK is used.
      const { connectTransit } = await import('./connect-transit.ts')
      return connectTransit(options, vaultKey(options), call)
    },
    classify: classifyVaultError,
  })
