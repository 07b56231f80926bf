import { type AzureScene, encryptOutside } from './azure-scene.ts'
import { type Run, type Situation, sample, text } from './azure-situation.ts'

const attributes =
  'attributes.created attributes.enabled attributes.exportable attributes.recoverableDays attributes.recoveryLevel attributes.updated'
const attributes2025 = attributes.replace('exportable', 'exportable attributes.key_size')
const dated =
  'attributes.created attributes.enabled attributes.exp attributes.exportable attributes.nbf attributes.recoverableDays attributes.recoveryLevel attributes.updated'
const rsa = 'key.e key.key_ops key.kid key.kty key.n'
const oct = 'key.key_ops key.kid key.kty'
const operation = { evidence: 'recorded', status: 200, members: 'alg kid value' } as const

/** The key that the recordings import; its ciphertext below was made by the service. */
const imported = 'pBZVALPctDgu2eVdVrBgNQlZ2-cIIN8mT0JDMENMD28'

const at = (path: string, version: string): string => `${path}?api-version=${version}`

/** A key of a type, then a call by the client. */
function withKey(
  type: 'RSA' | 'oct-HSM',
  run: (client: ReturnType<AzureScene['cryptography']>, scene: AzureScene) => ReturnType<AzureScene['bySdk']>,
): Run {
  return async (scene) => {
    await scene.keys.createKey('orders', type)
    return run(scene.cryptography('orders'), scene)
  }
}

const unwrapSha1: Run = withKey('RSA', async (client, scene) => {
  const wrapped = await encryptOutside(scene, 'orders', 'sha1', sample)
  return scene.bySdk((options) => client.unwrapKey('RSA-OAEP', wrapped, options))
})

const decryptGcm = (aad: Uint8Array | undefined): Run =>
  withKey('oct-HSM', async (client, { bySdk }) => {
    const bound = aad === undefined ? {} : { additionalAuthenticatedData: aad }
    const { result, iv, authenticationTag } = await client.encrypt({
      algorithm: 'A256GCM',
      plaintext: sample,
      ...bound,
    })
    const parts = { iv: iv ?? sample, authenticationTag: authenticationTag ?? sample }
    return bySdk((options) =>
      client.decrypt({ algorithm: 'A256GCM', ciphertext: result, ...parts, ...bound }, options),
    )
  })

const importKey = (scene: AzureScene): ReturnType<AzureScene['bySdk']> =>
  scene.bySdk((options) => {
    const keyOps = ['encrypt', 'decrypt', 'wrapKey', 'unwrapKey']
    return scene.keys.importKey(
      'orders',
      { kty: 'oct', keyOps, k: Buffer.from(imported, 'base64url') },
      options,
    )
  })

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
    situation: 'create oct key of 256 bits: answers kty oct-HSM',
    evidence: 'recorded',
    run: ({ byHand }) =>
      byHand('POST', at('/keys/orders/create', '7.5'), {
        key_ops: ['encrypt', 'decrypt'],
        key_size: 256,
        kty: 'oct',
      }),
    status: 200,
    members: `${attributes} ${oct}`,
    values: { kty: 'oct-HSM', key_ops: ['encrypt', 'decrypt'] },
  },
  {
    situation: 'create with kty AES, 256 bits: answers oct-HSM with key_size and seven key_ops',
    evidence: 'recorded',
    differs: 'the order of the seven, which changes from answer to answer of the service',
    run: ({ keys, bySdk }) =>
      bySdk((options) => keys.createKey('orders', 'AES', { keySize: 256, ...options })),
    status: 200,
    members: `${attributes2025} ${oct}`,
    values: { kty: 'oct-HSM', key_size: 256 },
  },
  {
    situation: 'encrypt A256CBCPAD: iv is echoed',
    evidence: 'recorded',
    run: withKey('oct-HSM', (client, { bySdk }) =>
      bySdk((options) =>
        client.encrypt({ algorithm: 'A256CBCPAD', plaintext: sample, iv: sample.slice(16) }, options),
      ),
    ),
    status: 200,
    members: 'alg iv kid value',
    values: { iv: text(sample.slice(16)) },
  },
  {
    situation: 'decrypt A256CBCPAD (no version in the path): no iv in the answer',
    ...operation,
    run: withKey('oct-HSM', async (client, { bySdk }) => {
      const iv = sample.slice(16)
      const { result } = await client.encrypt({ algorithm: 'A256CBCPAD', plaintext: sample, iv })
      return bySdk((options) => client.decrypt({ algorithm: 'A256CBCPAD', ciphertext: result, iv }, options))
    }),
    values: { value: text(sample) },
  },
  {
    situation: 'encrypt A256GCM without iv or aad: server makes iv (12 bytes) and tag (16 bytes)',
    evidence: 'recorded',
    run: withKey('oct-HSM', (client, { bySdk }) =>
      bySdk((options) => client.encrypt({ algorithm: 'A256GCM', plaintext: sample }, options)),
    ),
    status: 200,
    members: 'alg iv kid tag value',
  },
  {
    situation: 'encrypt A256GCM with aad: aad is echoed',
    evidence: 'recorded',
    run: withKey('oct-HSM', (client, { bySdk }) => {
      const parameters = {
        algorithm: 'A256GCM',
        plaintext: sample,
        additionalAuthenticatedData: sample,
      } as const
      return bySdk((options) => client.encrypt(parameters, options))
    }),
    status: 200,
    members: 'aad alg iv kid tag value',
    values: { aad: text(sample) },
  },
  {
    situation: 'decrypt A256GCM',
    ...operation,
    run: decryptGcm(undefined),
    values: { value: text(sample) },
  },
  {
    situation: 'decrypt A256GCM with aad: neither aad nor iv nor tag in the answer',
    ...operation,
    run: decryptGcm(sample),
    values: { value: text(sample) },
  },
  {
    situation: 'wrapKey A256KW (32 byte key: 40 byte result)',
    ...operation,
    run: withKey('oct-HSM', (client, { bySdk }) =>
      bySdk((options) => client.wrapKey('A256KW', sample, options)),
    ),
  },
  {
    situation: 'unwrapKey A256KW',
    ...operation,
    run: withKey('oct-HSM', async (client, { bySdk }) => {
      const { result } = await client.wrapKey('A256KW', sample)
      return bySdk((options) => client.unwrapKey('A256KW', result, options))
    }),
    values: { value: text(sample) },
  },
  {
    situation: 'import an oct key (k given): answer carries no k',
    evidence: 'recorded',
    run: importKey,
    status: 200,
    members: `${attributes2025} ${oct}`,
    values: { kty: 'oct-HSM' },
  },
  {
    situation: 'encrypt A256GCM under the imported key: iv, tag and value are a test vector for that k',
    evidence: 'recorded',
    run: async (scene) => {
      await importKey(scene)
      const client = scene.cryptography('orders')
      return scene.bySdk((options) => client.encrypt({ algorithm: 'A256GCM', plaintext: sample }, options))
    },
    status: 200,
    members: 'alg iv kid tag value',
  },
  {
    situation: 'decrypt A256GCM under the imported key',
    ...operation,
    run: async (scene) => {
      await importKey(scene)
      const bytes = (digits: string): Uint8Array => Buffer.from(digits, 'base64url')
      const parameters = {
        algorithm: 'A256GCM',
        ciphertext: bytes('SLwjIC5T9U257w6nfA_n75HVSXgxhDHaQ4Wye9Y6lcU'),
        iv: bytes('lowUegbq7Ib0j2R0'),
        authenticationTag: bytes('y_eI-6qP5_3glXwyFUsqVA'),
      } as const
      const client = scene.cryptography('orders')
      return scene.bySdk((options) => client.decrypt(parameters, options))
    },
    values: { value: 'Fm17YSa3wR9TuT89riSlXFIazfQC26pYBoIAHS0BoV0' },
  },
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
    run: withKey('RSA', async (client, scene) => {
      const ciphertext = await encryptOutside(scene, 'orders', 'sha256', sample)
      return scene.bySdk((options) => client.decrypt({ algorithm: 'RSA-OAEP-256', ciphertext }, options))
    }),
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
    run: async ({ byHand }) => {
      const dates = { nbf: 2_208_992_461, exp: 2_524_611_661 }
      await byHand('POST', at('/keys/orders/create', '7.5'), {
        kty: 'RSA',
        attributes: dates,
        tags: { key: 'value' },
      })
      return byHand('PATCH', at('/keys/orders', '7.5'), { attributes: { enabled: false } })
    },
    status: 200,
    members: `${dated} ${rsa} tags.key`,
    values: { enabled: false },
  },
  {
    situation: 'delete a key (soft delete)',
    evidence: 'recorded',
    run: async ({ byHand }) => {
      const dates = { nbf: 2_208_992_461, exp: 2_524_611_661 }
      await byHand('POST', at('/keys/orders/create', '7.5'), {
        kty: 'RSA',
        attributes: dates,
        tags: { key: 'value' },
      })
      return byHand('DELETE', at('/keys/orders', '7.5'))
    },
    status: 200,
    members: `${dated} deletedDate ${rsa} recoveryId scheduledPurgeDate tags.key`,
  },
  {
    situation: 'purge a deleted key',
    evidence: 'recorded',
    run: async ({ keys, bySdk }) => {
      await keys.createKey('orders', 'RSA')
      await keys.beginDeleteKey('orders')
      return bySdk((options) => keys.purgeDeletedKey('orders', options))
    },
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
  {
    situation: 'padded base64url in wrapKey: padding comes back as bytes of zero (2021)',
    evidence: 'quoted',
    run: withKey('oct-HSM', async (client, scene) => {
      const { text: body } = await scene.byHand('POST', at('/keys/orders/wrapkey', '7.2'), {
        alg: 'A256KW',
        value: `${text(sample.slice(0, 31))}=`,
      })
      const wrapped = Buffer.from((JSON.parse(body) as { value: string }).value, 'base64url')
      return scene.bySdk((options) => client.unwrapKey('A256KW', wrapped, options))
    }),
    status: 200,
    values: { value: text(Uint8Array.from([...sample.slice(0, 31), 0])) },
  },
]
