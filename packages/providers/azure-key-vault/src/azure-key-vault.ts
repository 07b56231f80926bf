import { type Capabilities, KeywrightError, type Provider } from '@keywright/core/provider'
import { resilientProvider, type WithResilience } from '@keywright/resilience'
import type { AzureCredential, AzureKeyVaultClient } from './azure-clients.ts'
import { connectAzure } from './connect-azure.ts'
import { classifyAzureError, isForbidden } from './error-codes.ts'
import { type KeyLocation, locateKey, readKid, sameKey } from './key-location.ts'
import { callOptions, keyVaultDriver } from './key-vault-driver.ts'
import { type AzureAlgorithm, defaultAlgorithms, wrapMethods } from './wrap-methods.ts'

/** Which key of Azure Key Vault or Managed HSM, and how to reach it. */
export interface AzureKeyVaultOptions {
  /** `HOST/keys/NAME` or `https://HOST/keys/NAME`, such as `contoso.vault.azure.net/keys/orders`; no version. */
  readonly key: string
  /**
   * What the key wraps with. Default: read from the key's type, which needs the permission to read it: `RSA-OAEP-256`
   * for RSA, `A256GCM` for the symmetric keys of a managed HSM. With it, nothing is read.
   */
  readonly algorithm?: AzureAlgorithm | undefined
  /** Default: `DefaultAzureCredential` of `@azure/identity`, loaded then. */
  readonly credential?: AzureCredential | undefined
  /** Ready clients in place of our own; then `credential`, `tls` and `emulatorHost` are without effect. Turn their retries off. */
  readonly client?: AzureKeyVaultClient | undefined
  /** Certificates to trust in place of Node's own, as PEM text; NODE_EXTRA_CA_CERTS adds to Node's own instead. */
  readonly tls?: { readonly ca: string } | undefined
  /** `HOST:PORT` of an emulator on the loopback. Default: KEYWRIGHT_AZURE_EMULATOR_HOST. */
  readonly emulatorHost?: string | undefined
}

/**
 * KEKs in Azure Key Vault and Azure Managed HSM. RSA keys wrap with RSA-OAEP-256 and bind nothing natively; symmetric
 * keys of a managed HSM wrap with A256GCM and bind the context's digest, or with A256KW and bind nothing.
 *
 * Making a KEK throws `configuration` for a key outside the grammar. Using it throws, besides what every KEK throws:
 * `key-not-found`, `key-disabled` (for a wrap also when the key has expired or is not yet valid),
 * `key-version-retired`, `unwrap-failed`, `access-denied`, `unauthenticated`, `throttled`, `unavailable`, `timeout`,
 * and `unsupported` for a key that cannot wrap.
 */
export const azureKeyVault: Provider<WithResilience<AzureKeyVaultOptions>> =
  resilientProvider<AzureKeyVaultOptions>({
    scheme: 'azure-key-vault',
    parseUri: ({ reference }) => ({ key: locateKey(reference).reference }),
    describeOptions: ({ key }) => locateKey(key).reference,
    connect: async (options, { signal }) => {
      const location = locateKey(options.key)
      const client = options.client ?? (await connectAzure(location, options))
      const { algorithm, protectionLevel } =
        options.algorithm === undefined
          ? await readKey(client, location, signal)
          : { algorithm: options.algorithm, protectionLevel: presumedLevel(location, options.algorithm) }
      return keyVaultDriver(client, location, wrapMethods[algorithm], protectionLevel)
    },
    classify: classifyAzureError,
  })

interface KeyFacts {
  readonly algorithm: AzureAlgorithm
  readonly protectionLevel: Capabilities['protectionLevel']
}

async function readKey(
  { keys }: AzureKeyVaultClient,
  { name, reference }: KeyLocation,
  signal: AbortSignal | undefined,
): Promise<KeyFacts> {
  const { id, keyType = '' } = await keys.getKey(name, callOptions(signal)).catch((error: unknown) => {
    if (!isForbidden(error)) throw error
    const message = `${reference} may not be read: grant that, or say with the option "algorithm" what it wraps with`
    throw new KeywrightError('access-denied', message, { field: 'algorithm' })
  })
  if (!sameKey(readKid(id).answeredKey ?? '', reference)) {
    throw new KeywrightError('key-mismatch', 'the answer is about another key', { field: 'key' })
  }
  const algorithm = defaultAlgorithms.get(keyType)
  if (algorithm === undefined) {
    throw new KeywrightError('unsupported', 'a key of this type wraps nothing: take RSA or oct-HSM', {
      field: 'key',
    })
  }
  return { algorithm, protectionLevel: keyType.endsWith('-HSM') ? 'hsm' : 'software' }
}

/** Symmetric keys are held by managed HSMs only; an RSA key of a vault may be either. */
function presumedLevel({ host }: KeyLocation, algorithm: AzureAlgorithm): Capabilities['protectionLevel'] {
  return algorithm !== 'RSA-OAEP-256' || host.includes('.managedhsm.') ? 'hsm' : 'unknown'
}
