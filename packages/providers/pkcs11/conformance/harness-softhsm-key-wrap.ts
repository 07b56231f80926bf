import type { RunningBackend } from '@keywright/backends'
import type { ConformanceHarness } from '@keywright/conformance'
import { pkcs11 } from '../src/index.ts'
import { softHsmToken } from './softhsm-token.ts'
import { tokenStage } from './token-stage.ts'

/** The provider on SoftHSM, by AES key wrap with padding, which the token can move from key to key. */
export function softHsmKeyWrapHarness(running?: RunningBackend): ConformanceHarness {
  let token: ReturnType<typeof softHsmToken> | undefined
  return {
    provider: 'pkcs11',
    backend: 'SoftHSM 2.6, AES-KWP',
    log: 'what its maker logs; nothing of the context',
    fromUri: pkcs11.fromUri,
    prepare: async () => {
      token ??= softHsmToken(running)
      const { admin, pin, module } = await token
      const create = (label: string, id: string): void => void admin.createAes(label, id)
      const options = { modulePath: module, algorithm: 'aes-kwp', worker: 'never' } as const
      return tokenStage({ admin, pin, create, options })
    },
  }
}

export const harness: ConformanceHarness = softHsmKeyWrapHarness()
