import type { ResilienceOptions } from '@keywright/resilience'
import type { Cryptoki } from './cryptoki.ts'
import type { WorkerUse } from './module.ts'
import type { PinOptions } from './pin.ts'
import type { KeyName } from './token-uri.ts'
import type { Pkcs11Warning } from './warnings.ts'

/** Which key of which token, and how to reach it. */
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
