import { keyVaultRefusals } from './azure-key-vault-refusals.ts'
import {
  aMinuteAgo,
  at,
  post,
  type Run,
  type Situation,
  sample,
  text,
  withCiphertext,
  withKey,
} from './azure-situation.ts'

const bundle7 =
  'key.kid key.kty key.key_ops key.n key.e attributes.enabled attributes.created attributes.updated attributes.recoveryLevel attributes.recoverableDays attributes.exportable attributes.hsmPlatform'
const bundle2026 = bundle7.replace('attributes.enabled', 'attributes.enabled attributes.key_size')
const operation = { evidence: 'recorded', status: 200, members: 'kid value' } as const

const roundTrip = (last: 'wrapKey' | 'unwrapKey' | 'encrypt' | 'decrypt'): Run =>
  withKey('RSA', async (client, { bySdk }) => {
    const wrapped = await client.wrapKey('RSA-OAEP-256', sample)
    return bySdk((options): Promise<unknown> => {
      if (last === 'wrapKey') return client.wrapKey('RSA-OAEP-256', sample, options)
      if (last === 'unwrapKey') return client.unwrapKey('RSA-OAEP-256', wrapped.result, options)
      if (last === 'encrypt') return client.encrypt({ algorithm: 'RSA-OAEP-256', plaintext: sample }, options)
      return client.decrypt({ algorithm: 'RSA-OAEP-256', ciphertext: wrapped.result }, options)
    })
  })

/** What Azure Key Vault was seen to do. */
export const keyVaultSituations: readonly Situation[] = [
  ...keyVaultRefusals,
  {
    situation: 'create RSA key (software)',
    evidence: 'recorded',
    run: ({ byHand }) =>
      byHand('POST', at('/keys/orders/create', '7.5'), { key_ops: ['wrapKey', 'unwrapKey'], kty: 'RSA' }),
    status: 200,
    members: bundle7,
  },
  {
    situation: 'create RSA key (2026: attributes.key_size is there)',
    evidence: 'recorded',
    run: ({ keys, bySdk }) =>
      bySdk((options) => keys.createKey('orders', 'RSA', { keySize: 2_048, ...options })),
    status: 200,
    members: bundle2026,
    values: { key_ops: ['encrypt', 'decrypt', 'sign', 'verify', 'wrapKey', 'unwrapKey'], key_size: 2_048 },
  },
  {
    situation: 'wrapKey RSA-OAEP, no version in the path: kid names the version used',
    ...operation,
    run: post('/wrapkey', '7.5', { alg: 'RSA-OAEP', value: text(sample) }),
  },
  {
    situation: 'unwrapKey RSA-OAEP, no version in the path',
    ...operation,
    run: withCiphertext('sha1', (_, wrapped, { byHand }) =>
      byHand('POST', at('/keys/orders/unwrapkey', '7.5'), { alg: 'RSA-OAEP', value: text(wrapped) }),
    ),
    values: { value: text(sample) },
  },
  {
    situation: 'encrypt RSA-OAEP-256, empty version segment (double slash) is accepted',
    ...operation,
    run: roundTrip('encrypt'),
  },
  {
    situation: 'decrypt RSA-OAEP-256, empty version segment',
    ...operation,
    run: roundTrip('decrypt'),
    values: { value: text(sample) },
  },
  { situation: 'wrapKey RSA-OAEP-256 (32 byte key)', ...operation, run: roundTrip('wrapKey') },
  {
    situation: 'unwrapKey RSA-OAEP-256',
    ...operation,
    run: roundTrip('unwrapKey'),
    values: { value: text(sample) },
  },
  {
    situation:
      'wrapKey RSA-OAEP-256, path spelled wrapKey (camel case): x-ms-client-request-id of the request is echoed',
    ...operation,
    run: withKey('RSA', (_, { byHand }) => {
      const body = { alg: 'RSA-OAEP-256', value: text(sample) }
      return byHand('POST', at('/keys/orders/wrapKey', '7.5'), body, {
        headers: { 'x-ms-client-request-id': 'mine' },
      })
    }),
    headers: ['x-ms-client-request-id'],
  },
  {
    situation: 'encrypt RSA-OAEP-256',
    ...operation,
    run: post('/encrypt', '2025-07-01', { alg: 'RSA-OAEP-256', value: text(sample) }),
  },
  { situation: 'decrypt RSA-OAEP-256', ...operation, run: roundTrip('decrypt') },
  {
    situation: 'wrapKey (raw bytes off the wire; RSA-OAEP-256 by the driver)',
    ...operation,
    run: post('/wrapkey', '7.1', { alg: 'RSA-OAEP-256', value: text(sample) }),
  },
  {
    situation: 'unwrapKey (raw bytes off the wire; RSA-OAEP-256 by the driver)',
    ...operation,
    run: withCiphertext('sha256', (_, wrapped, { byHand }) =>
      byHand('POST', at('/keys/orders/unwrapkey', '7.1'), { alg: 'RSA-OAEP-256', value: text(wrapped) }),
    ),
  },
  {
    situation: 'expired key: unwrapKey passes',
    evidence: 'documented',
    run: withCiphertext(
      'sha256',
      (client, wrapped, { bySdk }) => bySdk((options) => client.unwrapKey('RSA-OAEP-256', wrapped, options)),
      { expiresOn: aMinuteAgo },
    ),
    status: 200,
    values: { value: text(sample) },
  },
]
