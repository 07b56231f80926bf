import type { RunningBackend } from '@keywright/backends'
import type { ConformanceHarness } from '@keywright/conformance'
import { pkcs11 } from '../src/index.ts'
import { nssToken } from './nss-token.ts'
import { tokenStage } from './token-stage.ts'

/** The provider on NSS softokn, by AES-GCM, through pkcs11js as a user has it. */
export function nssHarness(running?: RunningBackend): ConformanceHarness {
  let token: ReturnType<typeof nssToken> | undefined
  return {
    provider: 'pkcs11',
    backend: 'NSS softokn, AES-GCM',
    fromUri: pkcs11.fromUri,
    prepare: async () => {
      token ??= nssToken(running)
      const { admin, pin, module, parameters } = await token
      const create = (label: string, id: string): void => void admin.createAes(label, id)
      const reach = { modulePath: module, initializeParameters: parameters }
      const options = { ...reach, worker: 'never' } as const
      return tokenStage({ admin, pin, create, options })
    },
  }
}

export const harness: ConformanceHarness = nssHarness()
