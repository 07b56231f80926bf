import type { CryptographyClient } from '@azure/keyvault-keys'
import type { AzureScene, Exchange } from './azure-scene.ts'
import {
  aMinuteAgo,
  at,
  post,
  type Run,
  type Situation,
  sample,
  withCiphertext,
  withKey,
} from './azure-situation.ts'

const notFound =
  'A key with (name/id) NAME was not found in this key vault. If you recently deleted this key you may be able to recover it using the correct recovery command. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125182'
const incorrect = 'The parameter is incorrect.\r\n'
const notBase64url = "Content of 'value' is not base64url.\r\nProperty 'value' is required.\r\n"
const tampered = { evidence: 'recorded', status: 400, code: 'BadParameter', message: incorrect } as const

function wrap(client: CryptographyClient, { bySdk }: AzureScene): Promise<Exchange> {
  return bySdk((options) => client.wrapKey('RSA-OAEP-256', sample, options))
}

function decrypt(
  client: CryptographyClient,
  ciphertext: Uint8Array,
  { bySdk }: AzureScene,
): Promise<Exchange> {
  return bySdk((options) => client.decrypt({ algorithm: 'RSA-OAEP-256', ciphertext }, options))
}

function decryptChanged(change: (bytes: Uint8Array) => Uint8Array): Run {
  return withCiphertext('sha256', (client, bytes, scene) => decrypt(client, change(bytes), scene))
}

/** What Azure Key Vault was seen to refuse, and in which words. */
export const keyVaultRefusals: readonly Situation[] = [
  {
    situation: 'no bearer token: challenge',
    evidence: 'recorded',
    differs: 'the text of June 2026 is spoken',
  },
  {
    situation: 'no bearer token: challenge, newer message text (June 2026)',
    evidence: 'recorded',
    run: ({ byHand }) => byHand('POST', at('/keys/orders/create', '7.5'), {}, { token: null }),
    status: 401,
    code: 'Unauthorized',
    message: 'AKV10000: Request is missing a Bearer, PoP, or MTLS_POP token.',
    headers: ['www-authenticate'],
    without: ['x-ms-keyvault-rbac-assignment-id'],
  },
  {
    situation: 'unknown key: get',
    evidence: 'recorded',
    run: ({ keys, bySdk }) => bySdk((options) => keys.getKey('orders', options)),
    status: 404,
    code: 'KeyNotFound',
    message: notFound,
  },
  {
    situation: 'create with an empty name',
    evidence: 'recorded',
    run: ({ byHand }) => byHand('POST', at('/keys//create', '7.4'), { kty: 'RSA', attributes: {} }),
    status: 400,
    code: 'BadParameter',
    message: 'Operation not specified',
  },
  {
    situation: 'create without kty',
    evidence: 'recorded',
    run: ({ byHand }) => byHand('POST', at('/keys/orders/create', '7.4'), { attributes: {} }),
    status: 400,
    code: 'BadParameter',
    message: 'Property  has invalid value\r\nProperty  has invalid value\r\n',
  },
  { situation: 'restore a malformed backup', evidence: 'recorded', differs: 'there is no backup here' },
  {
    situation: 'decrypt RSA-OAEP-256 of tampered ciphertext: byte 0 changed',
    ...tampered,
    run: decryptChanged((bytes) => bytes.map((byte, at) => (at === 0 ? byte ^ 1 : byte))),
  },
  {
    situation: 'decrypt RSA-OAEP-256 of tampered ciphertext: byte 1 removed',
    ...tampered,
    run: decryptChanged((bytes) => bytes.filter((_, at) => at !== 1)),
  },
  {
    situation:
      'decrypt RSA-OAEP-256 of tampered ciphertext: last byte removed and the byte before it changed',
    ...tampered,
    run: decryptChanged((bytes) =>
      bytes.slice(0, -1).map((byte, at) => (at === bytes.length - 2 ? byte ^ 1 : byte)),
    ),
  },
  {
    situation: 'decrypt: value is not base64url (the client sent it with a wrong length)',
    evidence: 'recorded',
    run: post('//decrypt', '7.0', { alg: 'RSA-OAEP-256', value: 'A'.repeat(341) }),
    status: 400,
    code: 'BadParameter',
    message: notBase64url,
  },
  {
    situation: 'unwrapKey: value is not base64url (2025: same text as 2022)',
    evidence: 'quoted',
    run: post('/unwrapkey', '2025-07-01', { alg: 'RSA-OAEP-256', value: 'not base64url' }),
    status: 400,
    code: 'BadParameter',
    message: notBase64url,
  },
  {
    situation: 'disabled object (a SECRET: the only recorded case of a disabled object)',
    evidence: 'recorded',
    differs: 'there are no secrets here; the next row is the same for a key',
  },
  {
    situation: 'disabled key: unwrapKey',
    evidence: 'quoted',
    run: withCiphertext(
      'sha256',
      (client, wrapped, { bySdk }) => bySdk((options) => client.unwrapKey('RSA-OAEP-256', wrapped, options)),
      { enabled: false },
    ),
    status: 403,
    code: 'Forbidden',
    message: 'Operation unwrapKey is not allowed on a disabled key.',
    innerCode: 'KeyDisabled',
  },
  {
    situation: 'expired key: wrapKey',
    evidence: 'inferred',
    run: withKey('RSA', wrap, { expiresOn: aMinuteAgo }),
    status: 403,
    code: 'Forbidden',
    innerCode: 'KeyExpired',
  },
  {
    situation: 'unknown key: get (old short message)',
    evidence: 'recorded',
    differs: 'the text of 2024 is spoken',
  },
  {
    situation: 'throttled (sign)',
    evidence: 'quoted',
    differs: 'nothing is signed here; the next row is a wrap',
  },
  {
    situation: 'throttled (wrapKey)',
    evidence: 'quoted',
    run: withKey('RSA', (client, scene) => {
      scene.emulator.faults.add({ fault: { kind: 'throttle' }, operations: ['wrapKey'] })
      return wrap(client, scene)
    }),
    status: 429,
    code: 'Throttled',
    message:
      'Request was not processed because too many requests were received. Reason: VaultRequestTypeLimitReached',
    without: ['retry-after'],
  },
  {
    situation: 'no permission for the operation (access policy model): encrypt',
    evidence: 'quoted',
    differs: 'permissions are roles here, as the next row has them',
  },
  {
    situation: 'no permission (RBAC model)',
    evidence: 'quoted',
    differs: 'the recording is about a secret: action, resource and places are those of a key',
    run: (scene) => {
      scene.emulator.grants.limit('emulator', [])
      return wrap(scene.cryptography('orders'), scene)
    },
    status: 403,
    code: 'Forbidden',
    innerCode: 'ForbiddenByRbac',
  },
  { situation: 'vault firewall', evidence: 'quoted', differs: 'there is no firewall here' },
  {
    situation: 'operation not in key_ops: decrypt',
    evidence: 'quoted',
    run: withCiphertext('sha256', decrypt, { keyOps: ['encrypt'] }),
    status: 403,
    code: 'Forbidden',
    message: 'Operation decrypt is not permitted on this key.',
    innerCode: 'KeyOperationForbidden',
  },
  {
    situation: 'token for the wrong audience',
    evidence: 'quoted',
    run: ({ byHand, emulator }) => {
      const token = emulator.token({ audience: 'https://management.azure.com/' })
      return byHand('GET', at('/keys', '7.4'), undefined, { token })
    },
    status: 401,
    code: 'Unauthorized',
    message:
      'AKV10022: Invalid audience. Expected https://vault.azure.net, found: https://management.azure.com/.',
    headers: ['www-authenticate'],
    without: ['x-ms-keyvault-rbac-assignment-id'],
  },
  {
    situation: 'unwrapKey with another key version than the one that wrapped (RSA-OAEP, after a rotation)',
    evidence: 'quoted',
    run: withCiphertext('sha1', async (client, wrapped, { keys, bySdk }) => {
      await keys.rotateKey('orders')
      return bySdk((options) => client.unwrapKey('RSA-OAEP', wrapped, options))
    }),
    status: 400,
    code: 'BadParameter',
    message: 'Error occurred while decoding OAEP padding.',
  },
  {
    situation: 'key version of a wrong form (31 hex digits): get',
    evidence: 'quoted',
    run: async ({ keys, bySdk }) => {
      const version = '224120347bc041d682d0bf0e7f8f9ec'
      return bySdk((options) => keys.getKey('orders', { version, ...options }))
    },
    status: 400,
    code: 'BadParameter',
    message: "Method GET does not allow operation '224120347bc041d682d0bf0e7f8f9ec'",
  },
  {
    situation: 'unknown version: get',
    evidence: 'quoted',
    run: withKey('RSA', (_, { keys, bySdk }) =>
      bySdk((options) => keys.getKey('orders', { version: '0'.repeat(32), ...options })),
    ),
    status: 404,
    code: 'KeyNotFound',
    message: notFound.replace('NAME', `NAME/${'0'.repeat(32)}`),
  },
  {
    situation: 'create under the name of a deleted key',
    evidence: 'documented',
    run: withKey('RSA', async (_, { keys, bySdk }) => {
      await keys.beginDeleteKey('orders')
      return bySdk((options) => keys.createKey('orders', 'RSA', options))
    }),
    status: 409,
    code: 'Conflict',
    innerCode: 'ObjectIsDeletedButRecoverable',
  },
]
