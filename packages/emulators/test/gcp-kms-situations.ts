import { refusals } from './gcp-kms-refusals.ts'
import { keyName, outcomeOf, ring, versionName } from './gcp-kms-scene.ts'
import {
  associated,
  decrypt,
  eightBytes,
  encrypt,
  type Situation,
  sealed,
  second,
  twentyOneBytes,
} from './gcp-kms-situation.ts'

const encrypted = ['name', 'ciphertext', 'ciphertextCrc32c', 'protectionLevel']
const decrypted = ['plaintext', 'plaintextCrc32c', 'usedPrimary', 'protectionLevel']
const versionMembers = ['name', 'state', 'createTime', 'protectionLevel', 'algorithm', 'generateTime']

/** Every situation of the recordings: what the service did, then what it refused. */
export const situations: readonly Situation[] = [
  {
    situation: 'Encrypt with additional authenticated data',
    evidence: 'R',
    run: encrypt(keyName, eightBytes, associated),
    code: 0,
    members: encrypted,
    values: { name: versionName, protectionLevel: 'SOFTWARE' },
    ciphertextBytes: 89,
  },
  {
    situation: 'Decrypt with the right additional authenticated data',
    evidence: 'R',
    run: decrypt((scene) => sealed(scene, eightBytes, associated), keyName, associated),
    code: 0,
    members: decrypted,
    values: { plaintext: eightBytes, plaintextCrc32c: { value: '140104572' }, usedPrimary: true },
  },
  ...['Encrypt', 'Encrypt (for the next three)', 'Encrypt under key 1'].map(
    (situation): Situation => ({
      situation,
      evidence: 'R',
      run: encrypt(keyName, twentyOneBytes),
      code: 0,
      members: encrypted,
      values: { name: versionName, protectionLevel: 'SOFTWARE' },
      ciphertextBytes: 103,
    }),
  ),
  {
    situation: 'Encrypt under key 2',
    evidence: 'R',
    run: encrypt(second, twentyOneBytes),
    code: 0,
    members: encrypted,
    values: { name: `${second}/cryptoKeyVersions/1` },
    ciphertextBytes: 103,
  },
  ...['Decrypt', 'Decrypt under key 1', 'Decrypt under key 2'].map(
    (situation): Situation => ({
      situation,
      evidence: 'R',
      run: decrypt(sealed),
      code: 0,
      members: decrypted,
      values: { plaintext: twentyOneBytes, plaintextCrc32c: { value: '4279218760' }, usedPrimary: true },
    }),
  ),
  ...['create crypto key', 'get crypto key'].map(
    (situation): Situation => ({
      situation,
      evidence: 'R',
      run: async ({ client }) => {
        const create = {
          parent: ring,
          cryptoKeyId: 'second',
          cryptoKey: {
            purpose: 'ENCRYPT_DECRYPT',
            labels: { one: 'value' },
            nextRotationTime: { seconds: 1_800_000_000 },
            rotationPeriod: { seconds: 172_800 },
            versionTemplate: { algorithm: 'GOOGLE_SYMMETRIC_ENCRYPTION', protectionLevel: 'SOFTWARE' },
          },
        } as const
        const created = await outcomeOf(() => client.createCryptoKey(create))
        return situation.startsWith('create')
          ? created
          : outcomeOf(() => client.getCryptoKey({ name: second }))
      },
      code: 0,
      members: [
        'name',
        'primary',
        'purpose',
        'createTime',
        'nextRotationTime',
        'rotationPeriod',
        'labels',
        'versionTemplate',
        'destroyScheduledDuration',
      ],
      values: { purpose: 'ENCRYPT_DECRYPT', destroyScheduledDuration: { seconds: '2592000' } },
    }),
  ),
  {
    situation: 'destroy a version: DESTROY_SCHEDULED',
    evidence: 'R',
    run: ({ client }) => outcomeOf(() => client.destroyCryptoKeyVersion({ name: versionName })),
    code: 0,
    members: [...versionMembers, 'destroyTime'],
    values: { state: 'DESTROY_SCHEDULED' },
  },
  {
    situation: 'get crypto key version (member order as on the wire)',
    evidence: 'R',
    run: ({ client }) => outcomeOf(() => client.getCryptoKeyVersion({ name: versionName })),
    code: 0,
    members: versionMembers,
    values: { state: 'ENABLED', algorithm: 'GOOGLE_SYMMETRIC_ENCRYPTION' },
  },
  {
    situation: 'get crypto key (member order as on the wire)',
    evidence: 'R',
    run: ({ client }) => outcomeOf(() => client.getCryptoKey({ name: keyName })),
    code: 0,
    members: ['name', 'primary', 'purpose', 'createTime', 'versionTemplate', 'destroyScheduledDuration'],
    differs: 'destroyScheduledDuration came to the service after this recording of 2019',
  },
  ...refusals,
]
