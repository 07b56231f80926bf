import { KeywrightError, type Provider } from '@keywright/core'
import { type ResilienceOptions, resilientProvider, type WithResilience } from '@keywright/resilience'
import type { Cryptoki } from './cryptoki.ts'
import { classifyCryptokiFailure } from './error-codes.ts'
import type { WorkerUse } from './module.ts'
import type { PinOptions } from './pin.ts'
import { checkedName, formatTokenPath, type KeyName, parseTokenUri } from './token-uri.ts'
import type { Pkcs11Warning } from './warnings.ts'

/** Options of {@link pkcs11}. */
export interface Pkcs11Options extends KeyName, PinOptions {
  /** Absolute path of the PKCS#11 module. Default: the environment's KEYWRIGHT_PKCS11_MODULE. */
  readonly modulePath?: string | undefined
  /** What C_Initialize is given beside its flags, as NSS wants it; one text for all KEKs of a module. */
  readonly initializeParameters?: string | undefined
  /** How to wrap. Default: AES-GCM where token and key have it, else AES-KWP; RSA-OAEP for a pair. */
  readonly algorithm?: 'aes-gcm' | 'aes-kwp' | 'rsa-oaep-256' | undefined
  /** Sessions at the token, which are the calls that run at once; 1 to 1,024. Default: 4. */
  readonly sessions?: number | undefined
  /**
   * Which blocking calls leave the event loop for a thread: those before the first operation and around searches
   * (`start-up`, the default), also those beside each operation (`always`, for a token behind a network), or none.
   */
  readonly worker?: WorkerUse | undefined
  /** How long the version that wraps is remembered, in milliseconds; so that a new one wraps that much later at
   * most. Default: 0, which looks it up for each wrap. */
  readonly currentMaxAgeMs?: number | undefined
  /** How long closing waits for calls under way before it leaves them to themselves. Default: 5,000. */
  readonly closeWithinMs?: number | undefined
  /** What to do about a KEK that the token would give out: warn (default), refuse it, or say nothing. */
  readonly unprotectedKey?: 'warn' | 'refuse' | 'allow' | undefined
  /** Receives warnings; default: `process.emitWarning`. */
  readonly onWarning?: ((warning: Pkcs11Warning) => void) | undefined
  /** A ready client, as pkcs11js makes it after `load`; never finalised here, and called on this thread only. */
  readonly client?: Cryptoki | undefined
  readonly resilience?: ResilienceOptions | false | undefined
}

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
