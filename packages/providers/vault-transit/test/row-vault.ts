import nodeVault from 'node-vault'
import { onTestFinished } from 'vitest'
import { administer } from '../conformance/administer.ts'
import { vaultHttp } from '../src/client/vault-http.ts'
import type { RowVault } from './error-rows.ts'

/** Keys for the rows, and the client that the provider makes, which throws what the provider classifies. */
export async function rowVault(url: string, rootToken: string, token: string = rootToken): Promise<RowVault> {
  const admin = administer(url, rootToken)
  await admin('POST', 'transit/keys/aead', {})
  await admin('POST', 'transit/keys/derived', { derived: true })
  await admin('POST', 'transit/keys/mac', { type: 'hmac', key_size: 32 })
  const http = vaultHttp(url, {})
  onTestFinished(http.close)
  const injected = { 'request-promise': { defaults: () => http.send }, debug: () => {}, endpoint: url, token }
  const client = nodeVault(injected)
  return { admin, call: (path, body) => (body === undefined ? client.read(path) : client.write(path, body)) }
}
