import { openBackend, type RunningBackend } from '@keywright/backends'
import { TokenAdmin } from './token-admin.ts'

/** NSS, ready in this process. */
export interface NssToken {
  readonly admin: TokenAdmin
  readonly pin: string
  readonly module: string
  readonly parameters: string
}

/**
 * Starts an NSS database of this process's own, or takes one.
 *
 * @throws BackendMissing
 */
export async function nssToken(running?: RunningBackend): Promise<NssToken> {
  const { environment } = running ?? (await openBackend('nss'))
  // Keys in memory of a test need no slow derivation of what protects the database; read at initialisation.
  process.env['NSS_MAX_MP_PBE_ITERATION_COUNT'] = '1'
  const module = environment['KEYWRIGHT_NSS_MODULE'] ?? ''
  const parameters = environment['KEYWRIGHT_NSS_PARAMETERS'] ?? ''
  const pin = 'nss-user-pin'
  return { module, pin, parameters, admin: new TokenAdmin({ module, pin, parameters }) }
}
