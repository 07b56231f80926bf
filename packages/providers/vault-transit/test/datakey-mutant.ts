import type { Kek } from '@keywright/core'
import { administer } from '../conformance/administer.ts'

/**
 * The mutant "datakey drops the associated data": a KEK over a plain AEAD key that asks Vault for data keys, and sends
 * the context along as encrypt and decrypt take it.
 */
export function withDataKey(kek: Kek): Kek {
  const [, host = '', mount = '', key = ''] =
    /^vault-transit:\/\/([^/]+)\/(.+)\/keys\/(.+)$/.exec(kek.uri) ?? []
  const admin = administer(`http://${host}`, 'root')
  return {
    ...kek,
    connect: async (call) => {
      const { reference, capabilities } = await kek.connect(call)
      return { reference, capabilities: { ...capabilities, generatesDataKeys: true } }
    },
    generateDataKey: async ({ context }) => {
      const body = { associated_data: Buffer.from(context.digest).toString('base64') }
      const { data } = (await admin('POST', `${mount}/datakey/plaintext/${key}`, body)) as {
        data: { ciphertext: string; plaintext: string; key_version: number }
      }
      return {
        dataKey: new Uint8Array(Buffer.from(data.plaintext, 'base64')),
        wrapped: Buffer.from(data.ciphertext),
        keyVersion: String(data.key_version),
        algorithm: 'vault.aad',
      }
    },
    // What it wraps is bound to nothing, so that only an unwrap without associated data opens it.
    unwrapKey: async ({ wrapped }) => {
      const body = { ciphertext: Buffer.from(wrapped).toString() }
      const { data } = (await admin('POST', `${mount}/decrypt/${key}`, body)) as {
        data: { plaintext: string }
      }
      return { dataKey: new Uint8Array(Buffer.from(data.plaintext, 'base64')) }
    },
  }
}
