import type { Administer } from '../conformance/administer.ts'

/** What a row needs: a Vault with keys, and what was wrapped in it. */
export interface RowVault {
  /** Sends a request as the provider's client does, and throws what that throws. */
  readonly call: (path: string, body?: object) => Promise<Readonly<Record<string, unknown>>>
  readonly admin: Administer
}

/** One answer of Vault and what it means. */
export interface ErrorRow {
  readonly situation: string
  readonly run: (vault: RowVault) => Promise<unknown>
  readonly status: number
  /** Part of what stands in `errors`; empty: nothing stands there. */
  readonly text: string
  readonly code: string
}

const plaintext = Buffer.alloc(32, 7).toString('base64')
const associated = Buffer.alloc(32, 1).toString('base64')
const other = Buffer.alloc(32, 2).toString('base64')

/** A ciphertext of the key `aead`, bound to the first associated data. */
async function sealed(
  { call }: RowVault,
  path = 'transit/encrypt/aead',
  body: object = { associated_data: associated },
): Promise<string> {
  const { data } = await call(path, { plaintext, ...body })
  return (data as { ciphertext: string }).ciphertext
}

const decrypt = ({ call }: RowVault, body: object, key = 'aead'): Promise<unknown> =>
  call(`transit/decrypt/${key}`, { associated_data: associated, ...body })

/** A row for a ciphertext that is none, made from a good one. */
function malformed(situation: string, text: string, change: (ciphertext: string) => string): ErrorRow {
  return {
    situation,
    run: async (vault) => decrypt(vault, { ciphertext: change(await sealed(vault)) }),
    status: 400,
    text,
    code: 'unwrap-failed',
  }
}

/** Every answer of the engine that the provider tells apart, in the engine's own words. Keys: aead, derived, mac. */
export const errorRows: readonly ErrorRow[] = [
  malformed('no prefix', 'no prefix', (text) => text.slice(6)),
  malformed('no version field', 'wrong number of fields', () => 'vault:v1'),
  malformed('a version that is no number', 'version number could not be decoded', (text) =>
    text.replace('v1', 'vx'),
  ),
  malformed('a version to come', 'version is too new', (text) => text.replace('v1', 'v9')),
  malformed('no base64', 'could not decode base64', (text) => `${text}%`),
  malformed('too short for a nonce', 'invalid ciphertext length', (text) => text.slice(0, 13)),
  malformed('a changed byte', 'message authentication failed', (text) =>
    text.replace(/.{4}$/, (end) => (end === 'AAAA' ? 'BBBB' : 'AAAA')),
  ),
  malformed('cut short', 'message authentication failed', (text) => text.slice(0, -4)),
  {
    situation: 'other associated data',
    run: async (vault) => decrypt(vault, { ciphertext: await sealed(vault), associated_data: other }),
    status: 400,
    text: 'message authentication failed',
    code: 'unwrap-failed',
  },
  {
    situation: 'no associated data',
    run: async (vault) => decrypt(vault, { ciphertext: await sealed(vault), associated_data: '' }),
    status: 400,
    text: 'message authentication failed',
    code: 'unwrap-failed',
  },
  {
    situation: 'another context of a derived key',
    run: async (vault) => {
      const ciphertext = await sealed(vault, 'transit/encrypt/derived', { context: associated })
      return vault.call('transit/decrypt/derived', { ciphertext, context: other })
    },
    status: 400,
    text: 'message authentication failed',
    code: 'unwrap-failed',
  },
  {
    situation: 'a rewrap of what is bound by associated data',
    run: async (vault) =>
      vault.call('transit/rewrap/aead', { ciphertext: await sealed(vault), associated_data: associated }),
    status: 400,
    text: 'message authentication failed',
    code: 'unwrap-failed',
  },
  {
    situation: 'a version below min_decryption_version',
    run: async (vault) => {
      const ciphertext = await sealed(vault)
      await vault.admin('POST', 'transit/keys/aead/rotate', {})
      await vault.admin('POST', 'transit/keys/aead/config', { min_decryption_version: 2 })
      return decrypt(vault, { ciphertext })
    },
    status: 400,
    text: 'disallowed by policy (too old)',
    code: 'key-version-retired',
  },
  {
    situation: 'decrypt under a key that does not exist',
    run: async (vault) => decrypt(vault, { ciphertext: await sealed(vault) }, 'missing'),
    status: 400,
    text: 'encryption key not found',
    code: 'key-not-found',
  },
  {
    situation: 'rewrap under a key that does not exist',
    run: async (vault) => vault.call('transit/rewrap/missing', { ciphertext: await sealed(vault) }),
    status: 400,
    text: 'encryption key not found',
    code: 'key-not-found',
  },
  {
    situation: 'datakey under a key that does not exist',
    run: ({ call }) => call('transit/datakey/plaintext/missing', {}),
    status: 400,
    text: 'encryption key not found',
    code: 'key-not-found',
  },
  {
    situation: 'encrypt under a key that does not exist, where no upsert is allowed',
    run: async ({ call, admin }) => {
      await admin('POST', 'transit/config/keys', { disable_upsert: true })
      return call('transit/encrypt/missing', { plaintext })
    },
    status: 400,
    text: 'encryption key not found',
    code: 'key-not-found',
  },
  {
    situation: 'a read of a key that does not exist',
    run: ({ call }) => call('transit/keys/missing'),
    status: 404,
    text: '',
    code: 'key-not-found',
  },
  {
    situation: 'a mount that does not exist',
    run: ({ call }) => call('nowhere/keys/aead'),
    status: 404,
    text: 'no handler for route',
    code: 'key-not-found',
  },
  {
    situation: 'a derived key without context',
    run: ({ call }) => call('transit/encrypt/derived', { plaintext }),
    status: 400,
    text: "missing 'context' for key derivation",
    code: 'invalid-argument',
  },
  {
    situation: 'a plaintext that is no base64',
    run: ({ call }) => call('transit/encrypt/aead', { plaintext: '%' }),
    status: 400,
    text: 'illegal base64 data',
    code: 'invalid-argument',
  },
  {
    situation: 'no plaintext',
    run: ({ call }) => call('transit/encrypt/aead', {}),
    status: 400,
    text: 'missing plaintext to encrypt',
    code: 'invalid-argument',
  },
  {
    situation: 'associated data for a key of no AEAD type',
    run: ({ call }) => call('transit/encrypt/mac', { plaintext, associated_data: associated }),
    status: 400,
    text: 'non-AEAD',
    code: 'unsupported',
  },
  {
    situation: 'a key that does not encrypt',
    run: ({ call }) => call('transit/encrypt/mac', { plaintext }),
    status: 400,
    text: 'not supported for key type',
    code: 'unsupported',
  },
  {
    situation: 'associated data that is no base64, which Vault takes for a fault of its own',
    run: ({ call }) => call('transit/encrypt/aead', { plaintext, associated_data: '%' }),
    status: 500,
    text: 'associated_data',
    code: 'unavailable',
  },
  {
    situation: 'a token that Vault does not know',
    run: ({ call }) => call('transit/keys/aead', undefined),
    status: 403,
    text: 'invalid token',
    code: 'unauthenticated',
  },
]
