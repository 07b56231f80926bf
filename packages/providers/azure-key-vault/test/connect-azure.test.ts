import type { KeyVaultKey } from '@azure/keyvault-keys'
import { expect, test, vi } from 'vitest'
import { connectAzure } from '../src/connect-azure.ts'
import { locateKey } from '../src/key-location.ts'

/** What the clients were made with, each with the name of its class. */
const made = vi.hoisted((): (readonly [string, unknown, unknown])[] => [])

vi.mock('@azure/keyvault-keys', () => ({
  KeyClient: class {
    constructor(url: unknown, _credential: unknown, options: unknown) {
      made.push(['KeyClient', url, options])
    }
  },
  CryptographyClient: class {
    constructor(key: KeyVaultKey, _credential: unknown, options: unknown) {
      made.push(['CryptographyClient', key.id, options])
    }
  },
}))

test.each([
  ['contoso.vault.azure.net', undefined, false],
  ['contoso.vault.azure.net', '127.0.0.1:8443', false],
  ['contoso.managedhsm.azure.net', undefined, false],
  ['127.0.0.1:8443', '127.0.0.1:8443', true],
] as const)(
  'the clients of %s, with the emulator %s, verify challenges unless it is that: %s',
  async (host, emulatorHost, disableChallengeResourceVerification) => {
    made.length = 0
    const id = `https://${host}/keys/orders`
    const credential = { getToken: async () => null }
    const { cryptography } = await connectAzure(locateKey(id), { credential, emulatorHost })
    cryptography({ id, name: 'orders', properties: { name: 'orders', vaultUrl: `https://${host}` } })
    const options = { disableChallengeResourceVerification, retryOptions: { maxRetries: 0 } }
    expect(made).toEqual([
      ['KeyClient', `https://${host}`, options],
      ['CryptographyClient', id, options],
    ])
  },
)
