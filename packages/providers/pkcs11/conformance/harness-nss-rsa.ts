import { constants, createPublicKey, publicEncrypt } from 'node:crypto'
import type { RunningBackend } from '@keywright/backends'
import type { ConformanceHarness } from '@keywright/conformance'
import { pkcs11 } from '../src/index.ts'
import { nssToken } from './nss-token.ts'
import { tokenStage } from './token-stage.ts'

/** The provider on NSS softokn, by RSA-OAEP: anyone with the public key can make a slot. */
export function nssRsaHarness(running?: RunningBackend): ConformanceHarness {
  let token: ReturnType<typeof nssToken> | undefined
  return {
    provider: 'pkcs11',
    backend: 'NSS softokn, RSA-OAEP-256',
    log: 'what its maker logs; nothing of the context',
    fromUri: pkcs11.fromUri,
    prepare: async () => {
      token ??= nssToken(running)
      const { admin, pin, module, parameters } = await token
      const create = (label: string, id: string): void => void admin.createRsa(label, id)
      const reach = { modulePath: module, initializeParameters: parameters }
      const options = { ...reach, type: 'private', worker: 'always' } as const
      const stage = tokenStage({ admin, pin, create, options })
      const key = createPublicKey({ key: admin.publicJwk(stage.firstLabel), format: 'jwk' })
      const padding = constants.RSA_PKCS1_OAEP_PADDING
      const forge = async (dataKey: Uint8Array) => ({
        wrapped: publicEncrypt({ key, padding, oaepHash: 'sha256' }, dataKey),
        algorithm: 'pkcs11.rsa-oaep-256',
        keyVersion: stage.firstId,
      })
      return { ...stage, forge }
    },
  }
}

export const harness: ConformanceHarness = nssRsaHarness()
