import { constants, createPublicKey, type KeyObject as PublicKey, publicEncrypt } from 'node:crypto'
import { KeywrightError } from '@keywright/core/provider'
import { settled } from './cryptoki-calls.ts'
import { attributes, mechanisms } from './cryptoki-numbers.ts'
import type { KeyObject } from './key-objects.ts'
import type { Lease } from './session-pool.ts'
import type { Token } from './token.ts'
import type { Wrapping } from './wrapping.ts'

/** CK_RSA_PKCS_OAEP_PARAMS with SHA-256, MGF1 of SHA-256 and an empty label. */
const oaep = {
  mechanism: mechanisms.RSA_PKCS_OAEP,
  parameter: { type: 4, hashAlg: mechanisms.SHA256, mgf: 2, source: 1 },
} as const
const minModulusBytes = 256

/**
 * RSA-OAEP (RFC 8017) with SHA-256. The token's public key object is read and used here: that asks no permission of the
 * token, and some encrypt with private keys only.
 */
export function rsaOaep({ module }: Token): Wrapping {
  const { cryptoki, quick, slow } = module
  const publicKeyOf = async ({ session }: Lease, { handle }: KeyObject): Promise<PublicKey> => {
    const template = [{ type: attributes.MODULUS }, { type: attributes.PUBLIC_EXPONENT }]
    const [n, e] = await slow('C_GetAttributeValue', session, handle, template)
    const jwk = { kty: 'RSA', n: base64url(n?.value), e: base64url(e?.value) }
    if ((n?.value.length ?? 0) >= minModulusBytes) return createPublicKey({ key: jwk, format: 'jwk' })
    throw new KeywrightError('configuration', 'an RSA key that wraps has 2,048 bits at least', {
      field: 'key',
    })
  }
  return {
    algorithm: 'pkcs11.rsa-oaep-256',
    mechanism: mechanisms.RSA_PKCS_OAEP,
    contextBinding: 'envelope',
    wrapAuthenticity: 'public-key',
    countsWraps: false,
    objects: { wrap: 'public', unwrap: 'private' },
    wrappedBytes: undefined,
    wrap: async (lease, key, dataKey) => {
      const publicKey = await publicKeyOf(lease, key)
      const padding = constants.RSA_PKCS1_OAEP_PADDING
      return publicEncrypt({ key: publicKey, padding, oaepHash: 'sha256' }, dataKey)
    },
    unwrap: async ({ session }, { handle }, wrapped) => {
      // RFC 8017, 7.1.2, step 1b: some tokens take a ciphertext without its leading zeros. Moduli are whole kilobits.
      if (wrapped.length < minModulusBytes || wrapped.length % 128 !== 0) {
        throw new KeywrightError('unwrap-failed', 'no RSA ciphertext has this length', { field: 'wrapped' })
      }
      await quick('C_DecryptInit', session, oaep, handle)
      const input = wrapped.slice()
      // As long as the modulus, for tokens that ask for it.
      const output = new Uint8Array(input.length)
      return await settled('C_DecryptAsync', [input, output], () =>
        cryptoki.C_DecryptAsync(session, input, output),
      )
    },
  }
}

function base64url(bytes: Uint8Array | undefined): string {
  return Buffer.from(bytes ?? []).toString('base64url')
}
