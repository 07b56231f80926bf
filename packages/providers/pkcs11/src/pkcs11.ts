import { KeywrightError, type Provider } from '@keywright/core/provider'
import { resilientProvider, type WithResilience } from '@keywright/resilience'
import { classifyCryptokiFailure } from './error-codes.ts'
import { sharedMemory } from './other-threads.ts'
import type { Pkcs11Options } from './pkcs11-options.ts'
import { checkedName, formatTokenPath, parseTokenUri } from './token-uri.ts'

// Now, and not when a KEK connects: a worker thread that begins before then shares it too.
sharedMemory()

/**
 * KEKs in a PKCS#11 token: an HSM, a TPM, a smart card or software. The key is named by CKA_LABEL, its versions by
 * CKA_ID; nothing in an envelope decides which module is loaded.
 *
 * @throws KeywrightError `configuration` for a name, path or number outside its grammar
 */
export const pkcs11: Provider<WithResilience<Pkcs11Options>> = resilientProvider<Pkcs11Options>({
  scheme: 'pkcs11',
  parseUri: parseTokenUri,
  describeOptions: (options) => formatTokenPath(checkedOptions(options)),
  connect: async (options) => {
    // Nothing that calls a module is loaded before a KEK is used.
    const { connectToken } = await import('./connect-token.ts')
    return connectToken(options)
  },
  classify: classifyCryptokiFailure,
})

function checkedOptions(options: Pkcs11Options): Pkcs11Options {
  const { sessions = 4, currentMaxAgeMs = 0, closeWithinMs = 0, algorithm, type } = checkedName(options)
  if (!Number.isInteger(sessions) || sessions < 1 || sessions > 1_024) {
    throw new KeywrightError('configuration', 'sessions is 1 to 1,024', { field: 'sessions' })
  }
  for (const [field, ms] of Object.entries({ currentMaxAgeMs, closeWithinMs })) {
    if (!(ms >= 0)) throw new KeywrightError('configuration', `${field} is 0 or more`, { field })
  }
  if (algorithm !== undefined && (algorithm === 'rsa-oaep-256') !== (type === 'private')) {
    const message = 'rsa-oaep-256 is for keys of type "private", the others for "secret-key"'
    throw new KeywrightError('configuration', message, { field: 'algorithm' })
  }
  return options
}
