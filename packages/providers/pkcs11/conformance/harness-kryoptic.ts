import { openBackend, type RunningBackend } from '@keywright/backends'
import type { ConformanceHarness } from '@keywright/conformance'
import { pkcs11 } from '../src/index.ts'
import { TokenAdmin } from './token-admin.ts'
import { tokenStage } from './token-stage.ts'

const pin = 'kryoptic-user-pin'

/** Kryoptic, ready in this process. */
export async function kryopticToken(
  running?: RunningBackend,
): Promise<{ admin: TokenAdmin; module: string }> {
  const { environment } = running ?? (await openBackend('kryoptic'))
  process.env['KRYOPTIC_CONF'] = environment['KRYOPTIC_CONF']
  const module = environment['KEYWRIGHT_KRYOPTIC_MODULE'] ?? ''
  return { module, admin: new TokenAdmin({ module, pin, label: 'keywright' }) }
}

/** The provider on Kryoptic, by AES-GCM or AES-KWP. */
export function kryopticHarness(
  algorithm: 'aes-gcm' | 'aes-kwp',
  running?: RunningBackend,
): ConformanceHarness {
  let token: ReturnType<typeof kryopticToken> | undefined
  return {
    provider: 'pkcs11',
    backend: `Kryoptic 1.5, ${algorithm}`,
    fromUri: pkcs11.fromUri,
    prepare: async () => {
      token ??= kryopticToken(running)
      const { admin, module } = await token
      const create = (label: string, id: string): void => void admin.createAes(label, id)
      return tokenStage({ admin, pin, create, options: { modulePath: module, algorithm, worker: 'never' } })
    },
  }
}

export const harness: ConformanceHarness = kryopticHarness('aes-gcm')
