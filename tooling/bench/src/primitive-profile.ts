import { createCipheriv, createHmac, createSecretKey, randomBytes } from 'node:crypto'
import { inUnit } from './bench-case.ts'
import { measure, type Settings } from './measure.ts'

/**
 * What the limit of a small message is made of: microseconds for each call that nothing can leave out or keep from one
 * message to the next, as the salt of each body gives it a key of its own.
 */
export async function primitiveProfile(bytes: number, settings: Settings): Promise<Record<string, number>> {
  const key = createSecretKey(randomBytes(32))
  const info = randomBytes(260)
  const nonce = randomBytes(12)
  const plain = randomBytes(bytes)
  const timings = await measure(
    [
      { name: 'HMAC-SHA-512-us', run: () => createHmac('sha512', key).update(info).digest() },
      { name: 'createSecretKey-us', run: () => createSecretKey(nonce) },
      {
        name: 'AES-256-GCM-us',
        run: () => {
          const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: 16 })
          cipher.update(plain)
          cipher.final()
          return cipher.getAuthTag()
        },
      },
      { name: 'randomBytes-24-us', run: () => randomBytes(24) },
    ],
    settings,
  )
  return Object.fromEntries([...timings].map(([name, { medianMs }]) => [name, inUnit('us', medianMs, 0)]))
}
