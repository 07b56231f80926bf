import { createCipheriv, createDecipheriv, createSecretKey, randomBytes } from 'node:crypto'
import { type Kek, provider } from '@keywright/core'

const algorithm = 'bench.aes-256-gcm'
const tagged = { authTagLength: 16 }

/**
 * A KEK in this process's memory: AES-256-GCM over the data key with the context's digest as associated data. It is
 * the counterpart of the raw AES keyring that the AWS Encryption SDK is measured with: no file, no network.
 */
export function memoryKek(): Kek {
  const key = createSecretKey(randomBytes(32))
  const bench = provider<undefined>({
    scheme: 'bench',
    parseUri: () => undefined,
    describeOptions: () => 'memory',
    classify: () => ({ code: 'unwrap-failed' }),
    connect: async () => ({
      keyRef: 'memory',
      capabilities: {
        contextBinding: 'native-bytes',
        tellsVersionOnWrap: false,
        tellsVersionOnUnwrap: false,
        needsVersionToUnwrap: false,
        tellsKey: false,
        serverSideRewrap: false,
        generatesDataKeys: false,
        maxBatchKeys: 1,
        wrapAuthenticity: 'kek-holder',
        maxConcurrentCalls: 64,
        protectionLevel: 'software',
        algorithms: [algorithm],
      },
      wrapKey: async ({ dataKey, context }) => {
        const nonce = randomBytes(12)
        const cipher = createCipheriv('aes-256-gcm', key, nonce, tagged)
        cipher.setAAD(context.digest)
        const wrapped = new Uint8Array(60)
        wrapped.set(nonce, 0)
        wrapped.set(cipher.update(dataKey), 12)
        cipher.final()
        wrapped.set(cipher.getAuthTag(), 44)
        return { wrapped, algorithm }
      },
      unwrapKey: async ({ wrapped, context }) => {
        const decipher = createDecipheriv('aes-256-gcm', key, wrapped.subarray(0, 12), tagged)
        decipher.setAAD(context.digest)
        decipher.setAuthTag(wrapped.subarray(44))
        const dataKey = decipher.update(wrapped.subarray(12, 44))
        decipher.final()
        return { dataKey }
      },
      describeKey: async () => ({ state: 'enabled', versions: [], protectionLevel: 'software' }),
      close: async () => {},
    }),
  })
  return bench(undefined)
}
