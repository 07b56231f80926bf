import { randomFillSync } from 'node:crypto'
import { KeywrightError } from '@keywright/core/provider'
import type { Mechanism } from './cryptoki.ts'
import { settled } from './cryptoki-calls.ts'
import { mechanisms } from './cryptoki-numbers.ts'
import type { Token } from './token.ts'
import type { Wrapping } from './wrapping.ts'

const ivBytes = 12
const tagBytes = 16
const dataKeyBytes = 32
/** CK_GCM_PARAMS as 2.40 has it: with the older form the module reads a length that nobody set. */
const paramsV240 = 7

/** The tag's length is always said: a module that is told none encrypts without one, and says nothing. */
function gcm(iv: Uint8Array, digest: Uint8Array): Mechanism {
  const parameter = { type: paramsV240, iv, ivBits: 8 * ivBytes, aad: digest, tagBits: 8 * tagBytes }
  return { mechanism: mechanisms.AES_GCM, parameter }
}

/** AES-GCM (NIST SP 800-38D): wrapped is iv 12 ‖ ciphertext 32 ‖ tag 16. The context's digest is the associated data. */
export function aesGcm({ module }: Token): Wrapping {
  const { cryptoki, quick } = module
  return {
    algorithm: 'pkcs11.aes-gcm',
    mechanism: mechanisms.AES_GCM,
    contextBinding: 'native-bytes',
    wrapAuthenticity: 'kek-holder',
    countsWraps: true,
    objects: { wrap: 'secret', unwrap: 'secret' },
    wrappedBytes: ivBytes + dataKeyBytes + tagBytes,
    wrap: async ({ session }, { handle }, dataKey, digest) => {
      const iv = randomFillSync(new Uint8Array(ivBytes))
      await quick('C_EncryptInit', session, gcm(iv, digest), handle)
      // Room for a nonce behind the ciphertext, where a token draws its own.
      const output = new Uint8Array(dataKeyBytes + tagBytes + ivBytes)
      const encrypted = await settled('C_EncryptAsync', [dataKey, output, iv, digest], () =>
        cryptoki.C_EncryptAsync(session, dataKey, output),
      )
      const box = output.subarray(0, dataKeyBytes + tagBytes)
      if (encrypted.length === box.length) return Buffer.concat([iv, box])
      if (encrypted.length === output.length) return Buffer.concat([output.subarray(box.length), box])
      throw new KeywrightError('invalid-response', 'the token answered AES-GCM with another length', {
        field: 'wrapped',
      })
    },
    unwrap: async ({ session }, { handle }, wrapped, digest) => {
      // Nothing secret, so from Node's pool: small arrays of V8's heap are moved out of it first, one by one.
      const given = Buffer.from(wrapped)
      const [iv, box, aad] = [given.subarray(0, ivBytes), given.subarray(ivBytes), Buffer.from(digest)]
      await quick('C_DecryptInit', session, gcm(iv, aad), handle)
      // Some tokens ask for room for the tag too.
      const output = new Uint8Array(dataKeyBytes + tagBytes)
      return await settled('C_DecryptAsync', [box, output, iv, aad], () =>
        cryptoki.C_DecryptAsync(session, box, output),
      )
    },
  }
}
