import { attributes, attributes2025, operation } from './azure-managed-hsm-members.ts'
import type { AzureScene, Exchange } from './azure-scene.ts'
import { at, type Run, type Situation, sample, text, withKey } from './azure-situation.ts'

const oct = 'key.key_ops key.kid key.kty'

/** The key that the recordings import; its ciphertext below was made by the service. */
const imported = 'pBZVALPctDgu2eVdVrBgNQlZ2-cIIN8mT0JDMENMD28'

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

const importKey = (scene: AzureScene): Promise<Exchange> =>
  scene.bySdk((options) => {
    const keyOps = ['encrypt', 'decrypt', 'wrapKey', 'unwrapKey']
    return scene.keys.importKey(
      'orders',
      { kty: 'oct', keyOps, k: Buffer.from(imported, 'base64url') },
      options,
    )
  })

/** What Azure Managed HSM was seen to do with symmetric keys, which vaults do not have. */
export const symmetricSituations: readonly Situation[] = [
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
