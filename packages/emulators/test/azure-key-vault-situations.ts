import { type AzureScene, encryptOutside } from './azure-scene.ts'
import { type Run, type Situation, sample, text } from './azure-situation.ts'

const bundle7 =
  'key.kid key.kty key.key_ops key.n key.e attributes.enabled attributes.created attributes.updated attributes.recoveryLevel attributes.recoverableDays attributes.exportable attributes.hsmPlatform'
const bundle2026 = bundle7.replace('attributes.enabled', 'attributes.enabled attributes.key_size')
const operation = { evidence: 'recorded', status: 200, members: 'kid value' } as const
const notFound =
  'A key with (name/id) NAME was not found in this key vault. If you recently deleted this key you may be able to recover it using the correct recovery command. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125182'
const incorrect = 'The parameter is incorrect.\r\n'
const notBase64url = "Content of 'value' is not base64url.\r\nProperty 'value' is required.\r\n"
const tampered = { evidence: 'recorded', status: 400, code: 'BadParameter', message: incorrect } as const

const path = (rest: string, version = '2025-07-01'): string => `/keys/orders${rest}?api-version=${version}`

/** Posts an operation for the key `orders` by hand. */
async function post(
  scene: AzureScene,
  rest: string,
  body: Readonly<Record<string, unknown>>,
  version?: string,
): ReturnType<AzureScene['byHand']> {
  await scene.keys.createKey('orders', 'RSA')
  return scene.byHand('POST', path(rest, version), body)
}

/** Decrypts changed bytes by the client. */
function decryptChanged(change: (bytes: Uint8Array) => Uint8Array): Run {
  return async (scene) => {
    await scene.keys.createKey('orders', 'RSA')
    const ciphertext = change(await encryptOutside(scene, 'orders', 'sha256', sample))
    const client = scene.cryptography('orders')
    return scene.bySdk((options) => client.decrypt({ algorithm: 'RSA-OAEP-256', ciphertext }, options))
  }
}

const roundTrip =
  (last: 'wrapKey' | 'unwrapKey' | 'encrypt' | 'decrypt'): Run =>
  async (scene) => {
    await scene.keys.createKey('orders', 'RSA')
    const client = scene.cryptography('orders')
    const wrapped = await client.wrapKey('RSA-OAEP-256', sample)
    return scene.bySdk((options): Promise<unknown> => {
      if (last === 'wrapKey') return client.wrapKey('RSA-OAEP-256', sample, options)
      if (last === 'unwrapKey') return client.unwrapKey('RSA-OAEP-256', wrapped.result, options)
      if (last === 'encrypt') return client.encrypt({ algorithm: 'RSA-OAEP-256', plaintext: sample }, options)
      return client.decrypt({ algorithm: 'RSA-OAEP-256', ciphertext: wrapped.result }, options)
    })
  }

const refusedOperation: Run = async (scene) => {
  await scene.keys.createKey('orders', 'RSA', { keyOps: ['encrypt'] })
  const ciphertext = await encryptOutside(scene, 'orders', 'sha256', sample)
  const client = scene.cryptography('orders')
  return scene.bySdk((options) => client.decrypt({ algorithm: 'RSA-OAEP-256', ciphertext }, options))
}

/** What Azure Key Vault was seen to do. */
export const keyVaultSituations: readonly Situation[] = [
  {
    situation: 'no bearer token: challenge',
    evidence: 'recorded',
    differs: 'the text of June 2026 is spoken',
  },
  {
    situation: 'no bearer token: challenge, newer message text (June 2026)',
    evidence: 'recorded',
    run: ({ byHand }) => byHand('POST', path('/create', '7.5'), {}, { token: null }),
    status: 401,
    code: 'Unauthorized',
    message: 'AKV10000: Request is missing a Bearer, PoP, or MTLS_POP token.',
    headers: ['www-authenticate'],
    without: ['x-ms-keyvault-rbac-assignment-id'],
  },
  {
    situation: 'create RSA key (software)',
    evidence: 'recorded',
    run: ({ byHand }) =>
      byHand('POST', path('/create', '7.5'), { key_ops: ['wrapKey', 'unwrapKey'], kty: 'RSA' }),
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
    run: (scene) => post(scene, '/wrapkey', { alg: 'RSA-OAEP', value: text(sample) }, '7.5'),
  },
  {
    situation: 'unwrapKey RSA-OAEP, no version in the path',
    ...operation,
    run: async (scene) => {
      await scene.keys.createKey('orders', 'RSA')
      const value = text(await encryptOutside(scene, 'orders', 'sha1', sample))
      return scene.byHand('POST', path('/unwrapkey', '7.5'), { alg: 'RSA-OAEP', value })
    },
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
    run: async (scene) => {
      await scene.keys.createKey('orders', 'RSA')
      const body = { alg: 'RSA-OAEP-256', value: text(sample) }
      return scene.byHand('POST', path('/wrapKey', '7.5'), body, {
        headers: { 'x-ms-client-request-id': 'mine' },
      })
    },
    headers: ['x-ms-client-request-id'],
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
    run: ({ byHand }) => byHand('POST', '/keys//create?api-version=7.4', { kty: 'RSA', attributes: {} }),
    status: 400,
    code: 'BadParameter',
    message: 'Operation not specified',
  },
  {
    situation: 'create without kty',
    evidence: 'recorded',
    run: ({ byHand }) => byHand('POST', path('/create', '7.4'), { attributes: {} }),
    status: 400,
    code: 'BadParameter',
    message: 'Property  has invalid value\r\nProperty  has invalid value\r\n',
  },
  { situation: 'restore a malformed backup', evidence: 'recorded', differs: 'there is no backup here' },
  {
    situation: 'encrypt RSA-OAEP-256',
    ...operation,
    run: (scene) => post(scene, '/encrypt', { alg: 'RSA-OAEP-256', value: text(sample) }),
  },
  { situation: 'decrypt RSA-OAEP-256', ...operation, run: roundTrip('decrypt') },
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
    run: (scene) => post(scene, '//decrypt', { alg: 'RSA-OAEP-256', value: 'A'.repeat(341) }, '7.0'),
    status: 400,
    code: 'BadParameter',
    message: notBase64url,
  },
  {
    situation: 'unwrapKey: value is not base64url (2025: same text as 2022)',
    evidence: 'quoted',
    run: (scene) => post(scene, '/unwrapkey', { alg: 'RSA-OAEP-256', value: 'not base64url' }),
    status: 400,
    code: 'BadParameter',
    message: notBase64url,
  },
  {
    situation: 'wrapKey (raw bytes off the wire; RSA-OAEP-256 by the driver)',
    ...operation,
    run: (scene) => post(scene, '/wrapkey', { alg: 'RSA-OAEP-256', value: text(sample) }, '7.1'),
  },
  {
    situation: 'unwrapKey (raw bytes off the wire; RSA-OAEP-256 by the driver)',
    ...operation,
    run: async (scene) => {
      await scene.keys.createKey('orders', 'RSA')
      const value = text(await encryptOutside(scene, 'orders', 'sha256', sample))
      return scene.byHand('POST', path('/unwrapkey', '7.1'), { alg: 'RSA-OAEP-256', value })
    },
  },
  {
    situation: 'disabled object (a SECRET: the only recorded case of a disabled object)',
    evidence: 'recorded',
    differs: 'there are no secrets here; the next row is the same for a key',
  },
  {
    situation: 'disabled key: unwrapKey',
    evidence: 'quoted',
    run: async (scene) => {
      await scene.keys.createKey('orders', 'RSA', { enabled: false })
      const wrapped = await encryptOutside(scene, 'orders', 'sha256', sample)
      const client = scene.cryptography('orders')
      return scene.bySdk((options) => client.unwrapKey('RSA-OAEP-256', wrapped, options))
    },
    status: 403,
    code: 'Forbidden',
    message: 'Operation unwrapKey is not allowed on a disabled key.',
    innerCode: 'KeyDisabled',
  },
  {
    situation: 'expired key: wrapKey',
    evidence: 'inferred',
    run: async (scene) => {
      await scene.keys.createKey('orders', 'RSA', { expiresOn: new Date(Date.now() - 60_000) })
      const client = scene.cryptography('orders')
      return scene.bySdk((options) => client.wrapKey('RSA-OAEP-256', sample, options))
    },
    status: 403,
    code: 'Forbidden',
    innerCode: 'KeyExpired',
  },
  {
    situation: 'expired key: unwrapKey passes',
    evidence: 'documented',
    run: async (scene) => {
      await scene.keys.createKey('orders', 'RSA', { expiresOn: new Date(Date.now() - 60_000) })
      const wrapped = await encryptOutside(scene, 'orders', 'sha256', sample)
      const client = scene.cryptography('orders')
      return scene.bySdk((options) => client.unwrapKey('RSA-OAEP-256', wrapped, options))
    },
    status: 200,
    values: { value: text(sample) },
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
    run: async (scene) => {
      await scene.keys.createKey('orders', 'RSA')
      scene.emulator.faults.add({ fault: { kind: 'throttle' }, operations: ['wrapKey'] })
      const client = scene.cryptography('orders')
      return scene.bySdk((options) => client.wrapKey('RSA-OAEP-256', sample, options))
    },
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
    run: async ({ emulator, cryptography, bySdk }) => {
      emulator.grants.limit('emulator', [])
      const client = cryptography('orders')
      return bySdk((options) => client.wrapKey('RSA-OAEP-256', sample, options))
    },
    status: 403,
    code: 'Forbidden',
    innerCode: 'ForbiddenByRbac',
  },
  { situation: 'vault firewall', evidence: 'quoted', differs: 'there is no firewall here' },
  {
    situation: 'operation not in key_ops: decrypt',
    evidence: 'quoted',
    run: refusedOperation,
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
      return byHand('GET', '/keys?api-version=7.4', undefined, { token })
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
    run: async (scene) => {
      await scene.keys.createKey('orders', 'RSA')
      const wrapped = await encryptOutside(scene, 'orders', 'sha1', sample)
      await scene.keys.rotateKey('orders')
      const client = scene.cryptography('orders')
      return scene.bySdk((options) => client.unwrapKey('RSA-OAEP', wrapped, options))
    },
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
    run: async ({ keys, bySdk }) => {
      await keys.createKey('orders', 'RSA')
      return bySdk((options) => keys.getKey('orders', { version: '0'.repeat(32), ...options }))
    },
    status: 404,
    code: 'KeyNotFound',
    message: notFound.replace('NAME', `NAME/${'0'.repeat(32)}`),
  },
  {
    situation: 'create under the name of a deleted key',
    evidence: 'documented',
    run: async ({ keys, bySdk }) => {
      await keys.createKey('orders', 'RSA')
      await keys.beginDeleteKey('orders')
      return bySdk((options) => keys.createKey('orders', 'RSA', options))
    },
    status: 409,
    code: 'Conflict',
    innerCode: 'ObjectIsDeletedButRecoverable',
  },
]
