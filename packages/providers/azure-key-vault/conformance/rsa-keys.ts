import { generateKeyPairSync } from 'node:crypto'
import type { JsonWebKey } from '@azure/keyvault-keys'

/** Two key pairs to import, made once: an RSA key takes longer than a test. */
export const rsaKeys: readonly JsonWebKey[] = [1, 2].map(() => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 })
  const { kty, ...numbers } = privateKey.export({ format: 'jwk' })
  const bytes = Object.entries(numbers).map(([name, text]) => [name, Buffer.from(String(text), 'base64url')])
  return { kty: 'RSA', ...Object.fromEntries(bytes) }
})
