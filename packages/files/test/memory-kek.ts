import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
import {
  type Capabilities,
  type Kek,
  type KekDriver,
  type Keyring,
  KeywrightError,
  keyring,
  provider,
} from '@keywright/core'

const algorithm = 'memory.aes-256-gcm'

const capabilities: Capabilities = {
  contextBinding: 'native-bytes',
  tellsVersionOnWrap: false,
  tellsVersionOnUnwrap: false,
  needsVersionToUnwrap: false,
  tellsKey: true,
  serverSideRewrap: false,
  generatesDataKeys: false,
  maxBatchKeys: 1,
  wrapAuthenticity: 'kek-holder',
  maxConcurrentCalls: 64,
  protectionLevel: 'software',
  algorithms: [algorithm],
}

/**
 * A KEK whose material follows from its name, so that processes of one test agree on it.
 *
 * @param name of the KEK
 * @param padding bytes that each wrapped key is longer, for tables of a certain size
 */
export function memoryKek(name: string, padding = 0): Kek {
  const material = createHash('sha256').update(name).digest()
  const driver: KekDriver = {
    keyRef: name,
    capabilities,
    wrapKey: async ({ dataKey, context }) => {
      const nonce = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', material, nonce)
      cipher.setAAD(context.digest)
      const parts = [
        nonce,
        cipher.update(dataKey),
        cipher.final(),
        cipher.getAuthTag(),
        Buffer.alloc(padding),
      ]
      return { wrapped: new Uint8Array(Buffer.concat(parts)), answeredKey: name, algorithm }
    },
    unwrapKey: async ({ wrapped, context }) => {
      const decipher = createDecipheriv('aes-256-gcm', material, wrapped.subarray(0, 12))
      decipher.setAAD(context.digest)
      decipher.setAuthTag(wrapped.subarray(44, 60))
      const dataKey = Buffer.concat([decipher.update(wrapped.subarray(12, 44)), decipher.final()])
      return { dataKey: new Uint8Array(dataKey), answeredKey: name }
    },
    describeKey: async () => ({ state: 'enabled', versions: [], protectionLevel: 'software' }),
    close: async () => {},
  }
  return provider<null>({
    scheme: 'memory',
    parseUri: () => null,
    describeOptions: () => name,
    connect: async () => driver,
    classify: (error) => ({ code: error instanceof KeywrightError ? 'unknown' : 'unwrap-failed' }),
  })(null)
}

/** A keyring that seals and opens with KEKs of these names. */
export function ringOf(...names: string[]): Keyring {
  return keyring({ seal: names.map((name) => memoryKek(name)) })
}
