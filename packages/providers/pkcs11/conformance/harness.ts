import type { RunningBackend } from '@keywright/backends'
import type { ConformanceHarness } from '@keywright/conformance'
import { pkcs11 } from '../src/index.ts'
import { softHsmToken } from './softhsm-token.ts'
import { faultyStage } from './token-stage.ts'

/** The provider on SoftHSM, by AES-GCM, with a client that can do wrong. */
export function softHsmHarness(running?: RunningBackend): ConformanceHarness {
  let token: ReturnType<typeof softHsmToken> | undefined
  return {
    provider: 'pkcs11',
    backend: 'SoftHSM 2.6, AES-GCM',
    log: 'what its maker logs; of the context at most its digest',
    fromUri: pkcs11.fromUri,
    prepare: async () => {
      token ??= softHsmToken(running)
      const { admin, pin } = await token
      const create = (label: string, id: string): void => void admin.createAes(label, id)
      const stage = faultyStage({ admin, pin, create, options: {} })
      return { ...stage, deny: async () => admin.forbid(stage.firstLabel) }
    },
  }
}

export const harness: ConformanceHarness = softHsmHarness()
