import type { AzureCredential, AzureKeyVaultClient } from './azure-clients.ts'
import { isEmulator, type KeyLocation } from './key-location.ts'

/** How the clients are made. */
interface ConnectOptions {
  readonly credential?: AzureCredential | undefined
  readonly tls?: { readonly ca: string } | undefined
  readonly emulatorHost?: string | undefined
}

/**
 * Loads the service's library and makes its clients: one attempt a call, for the policy around the KEK retries. The
 * credential chain of `@azure/identity` is loaded only when no credential is given, and keeps its own ways.
 *
 * @throws KeywrightError `configuration` for a host that is neither Azure's nor a declared emulator
 */
export async function connectAzure(
  { host }: KeyLocation,
  { credential, tls, emulatorHost }: ConnectOptions,
): Promise<AzureKeyVaultClient> {
  const disableChallengeResourceVerification = isEmulator(host, emulatorHost)
  const { CryptographyClient, KeyClient } = await import('@azure/keyvault-keys')
  const tokens = credential === undefined ? await defaultTokens() : unhurried(credential)
  // One object for all clients: connections are pooled by it.
  const trust = tls === undefined ? {} : { tlsOptions: { ca: tls.ca } }
  const options = (): object => ({
    retryOptions: { maxRetries: 0 },
    disableChallengeResourceVerification,
    ...trust,
  })
  return {
    keys: new KeyClient(`https://${host}`, tokens, options()),
    cryptography: (key) => new CryptographyClient(key, tokens, options()),
  }
}

let shared: AzureCredential | undefined

/** One chain for all KEKs of the process: each would ask for tokens of its own, which some sources limit. */
async function defaultTokens(): Promise<AzureCredential> {
  const { DefaultAzureCredential } = await import('@azure/identity')
  shared ??= unhurried(new DefaultAzureCredential())
  return shared
}

/** How long calls join others that wait for the same token, in milliseconds; sources that start a program take seconds. */
const joinableMs = 10_000

/**
 * Asks a credential once however many calls wait for the token, and does not stop it when one of them gives up: a
 * chain that starts a program may take longer than one try of a call, and would begin anew with each. A source that
 * gives no answer is asked again, by the first call after {@link joinableMs}.
 */
export function unhurried(credential: AzureCredential): AzureCredential {
  type Token = ReturnType<AzureCredential['getToken']>
  const running = new Map<string, { readonly asked: Token; readonly sinceMs: number }>()
  return {
    getToken: (scopes, { abortSignal: _, ...options } = {}) => {
      const key = JSON.stringify([scopes, options.tenantId, options.claims])
      const known = running.get(key)
      if (known !== undefined && performance.now() - known.sinceMs < joinableMs) return known.asked
      const asked = credential.getToken(scopes, options).finally(() => {
        if (running.get(key)?.asked === asked) running.delete(key)
      })
      running.set(key, { asked, sinceMs: performance.now() })
      return asked
    },
  }
}
