import { openBackend, type RunningBackend } from '@keywright/backends'
import { TokenAdmin } from './token-admin.ts'

/** SoftHSM, ready in this process. */
export interface SoftHsmToken {
  readonly admin: TokenAdmin
  readonly pin: string
  readonly module: string
}

/**
 * Starts a SoftHSM of this process's own, or takes one that runs.
 *
 * @throws BackendMissing
 */
export async function softHsmToken(running?: RunningBackend): Promise<SoftHsmToken> {
  const { environment } = running ?? (await openBackend('softhsm'))
  // The library reads it from the process when it is initialised.
  process.env['SOFTHSM2_CONF'] = environment['SOFTHSM2_CONF']
  const module = environment['KEYWRIGHT_PKCS11_MODULE'] ?? ''
  const pin = environment['KEYWRIGHT_PKCS11_PIN'] ?? ''
  return { module, pin, admin: new TokenAdmin({ module, pin }) }
}
