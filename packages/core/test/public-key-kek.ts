import { constants, generateKeyPairSync, type KeyObject, privateDecrypt, publicEncrypt } from 'node:crypto'
import { type Kek, provider } from '../src/index.ts'

const algorithm = 'rsa.rsa-oaep-256'
const padding = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' } as const

/** A key pair of 2,048 bits. */
export function rsaKeyPair(): { readonly publicKey: KeyObject; readonly privateKey: KeyObject } {
  return generateKeyPairSync('rsa', { modulusLength: 2048 })
}

/**
 * A KEK whose slots anyone with the public key can make: RSA-OAEP with SHA-256, the context bound by the envelope
 * alone.
 *
 * @param name its reference
 * @param publicKey wraps
 * @param privateKey unwraps; absent for a forger, who has none
 */
export function publicKeyKek(name: string, publicKey: KeyObject, privateKey?: KeyObject): Kek {
  return provider<null>({
    scheme: 'rsa',
    parseUri: () => null,
    describeOptions: () => name,
    connect: async () => ({
      keyRef: name,
      capabilities: {
        contextBinding: 'envelope',
        tellsVersionOnWrap: false,
        tellsVersionOnUnwrap: false,
        needsVersionToUnwrap: false,
        tellsKey: false,
        serverSideRewrap: false,
        generatesDataKeys: false,
        maxBatchKeys: 1,
        wrapAuthenticity: 'public-key',
        maxConcurrentCalls: 1,
        protectionLevel: 'software',
        algorithms: [algorithm],
      },
      wrapKey: async ({ dataKey }) => ({
        wrapped: publicEncrypt({ key: publicKey, ...padding }, dataKey),
        algorithm,
      }),
      unwrapKey: async ({ wrapped }) => {
        if (privateKey === undefined) throw new Error('there is no private key here')
        return { dataKey: privateDecrypt({ key: privateKey, ...padding }, wrapped) }
      },
      describeKey: async () => ({ state: 'enabled', versions: [], protectionLevel: 'software' }),
      close: async () => {},
    }),
    classify: () => ({ code: 'unwrap-failed' }),
  })(null)
}
