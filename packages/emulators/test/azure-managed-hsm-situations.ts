import { attributes, operation } from './azure-managed-hsm-members.ts'
import { symmetricSituations } from './azure-managed-hsm-symmetric.ts'
import { at, type Run, type Situation, sample, text, withCiphertext, withKey } from './azure-situation.ts'

const dated =
  'attributes.created attributes.enabled attributes.exp attributes.exportable attributes.nbf attributes.recoverableDays attributes.recoveryLevel attributes.updated'
const rsa = 'key.e key.key_ops key.kid key.kty key.n'

const unwrapSha1: Run = withCiphertext('sha1', (client, wrapped, { bySdk }) =>
  bySdk((options) => client.unwrapKey('RSA-OAEP', wrapped, options)),
)

/** Makes a key with dates and a tag, then asks for it. */
const withDates =
  (method: 'PATCH' | 'DELETE', body?: object): Run =>
  async ({ byHand }) => {
    const dates = { nbf: 2_208_992_461, exp: 2_524_611_661 }
    const key = { kty: 'RSA', attributes: dates, tags: { key: 'value' } }
    await byHand('POST', at('/keys/orders/create', '7.5'), key)
    return byHand(method, at('/keys/orders', '7.5'), body)
  }

/** What Azure Managed HSM was seen to do. */
export const managedHsmSituations: readonly Situation[] = [
  {
    situation: 'no bearer token, POST: challenge with an empty body',
    evidence: 'recorded',
    run: ({ byHand }) => byHand('POST', at('/keys/orders/create', '7.5'), {}, { token: null }),
    status: 401,
    text: '',
    headers: ['www-authenticate'],
    without: ['x-ms-keyvault-region', 'x-ms-keyvault-network-info'],
  },
  {
    situation: 'no bearer token, GET: challenge with the two byte body OK',
    evidence: 'recorded',
    run: ({ byHand }) => byHand('GET', at('/keys/orders', '2025-07-01'), undefined, { token: null }),
    status: 401,
    text: 'OK',
    headers: ['www-authenticate', 'x-ms-build-version'],
    without: ['x-ms-keyvault-region', 'x-ms-keyvault-network-info'],
  },
  {
    situation: 'create RSA key: answers kty RSA-HSM',
    evidence: 'recorded',
    run: ({ byHand }) =>
      byHand('POST', at('/keys/orders/create', '7.5'), { key_ops: ['wrapKey', 'unwrapKey'], kty: 'RSA' }),
    status: 200,
    members: `${attributes} ${rsa}`,
    values: { kty: 'RSA-HSM' },
  },
  {
    situation: 'wrapKey RSA-OAEP: body carries alg, kid, value (members in alphabetical order)',
    ...operation,
    run: withKey('RSA', (_, { byHand }) =>
      byHand('POST', at('/keys/orders/wrapkey', '7.5'), { alg: 'RSA-OAEP', value: text(sample) }),
    ),
    values: { alg: 'RSA-OAEP' },
  },
  { situation: 'unwrapKey RSA-OAEP', ...operation, run: unwrapSha1, values: { value: text(sample) } },
  {
    situation: 'encrypt RSA-OAEP-256',
    ...operation,
    run: withKey('RSA', (client, { bySdk }) =>
      bySdk((options) => client.encrypt({ algorithm: 'RSA-OAEP-256', plaintext: sample }, options)),
    ),
  },
  {
    situation: 'decrypt RSA-OAEP-256',
    ...operation,
    run: withCiphertext('sha256', (client, ciphertext, { bySdk }) =>
      bySdk((options) => client.decrypt({ algorithm: 'RSA-OAEP-256', ciphertext }, options)),
    ),
    values: { value: text(sample) },
  },
  {
    situation: 'secureWrapKey RSA-OAEP-256 (preview): the request has no value, the HSM makes the key',
    evidence: 'recorded',
    differs: 'a preview that no client here speaks',
  },
  {
    situation: 'secureUnwrapKey RSA-OAEP-256 (preview): target is the attestation token',
    evidence: 'recorded',
    differs: 'a preview that no client here speaks',
  },
  {
    situation: 'unknown key: get; the Activity ID in the message equals x-ms-request-id',
    evidence: 'recorded',
    run: ({ keys, bySdk }) => bySdk((options) => keys.getKey('orders', options)),
    status: 404,
    code: 'KeyNotFound',
    message: 'Key not found: BASE/keys/NAME (Activity ID: ID)',
    headers: ['x-ms-build-version'],
    without: ['x-ms-keyvault-region'],
  },
  {
    situation: 'wrong key size: create oct-HSM of 64 bits',
    evidence: 'recorded',
    run: ({ keys, bySdk }) =>
      bySdk((options) => keys.createKey('orders', 'oct-HSM', { keySize: 64, ...options })),
    status: 400,
    code: 'BadParameter',
    message: "Invalid key size: '64' (Activity ID: ID)",
  },
  {
    situation: 'random bytes (count 4)',
    evidence: 'recorded',
    run: ({ byHand }) => byHand('POST', at('/rng', '7.5-preview.1'), { count: 4 }),
    status: 200,
    members: 'value',
  },
  {
    situation: 'disable a key version (PATCH enabled false)',
    evidence: 'recorded',
    run: withDates('PATCH', { attributes: { enabled: false } }),
    status: 200,
    members: `${dated} ${rsa} tags.key`,
    values: { enabled: false },
  },
  {
    situation: 'delete a key (soft delete)',
    evidence: 'recorded',
    run: withDates('DELETE'),
    status: 200,
    members: `${dated} deletedDate ${rsa} recoveryId scheduledPurgeDate tags.key`,
  },
  {
    situation: 'purge a deleted key',
    evidence: 'recorded',
    run: withKey('RSA', async (_, { keys, bySdk }) => {
      await keys.beginDeleteKey('orders')
      return bySdk((options) => keys.purgeDeletedKey('orders', options))
    }),
    status: 204,
    text: '',
  },
  {
    situation:
      'no role for the operation (message only; HTTP status not quoted, the SDK guide files it under 403)',
    evidence: 'quoted',
    differs: 'the recording is about the roles themselves, and has no more than the message',
    run: async ({ emulator, keys, bySdk }) => {
      emulator.grants.limit('emulator', [])
      return bySdk((options) => keys.getKey('orders', options))
    },
    status: 403,
    code: 'AccessDenied',
    message:
      'Not authorized to access Microsoft.KeyVault/managedHsm/keys/read/action on /keys/NAME (Activity ID: ID)',
    headers: ['x-ms-build-version'],
  },
  ...symmetricSituations,
]
