import { type GcpKmsScene, keyName, type Outcome, outcomeOf, ring, versionName } from './gcp-kms-scene.ts'
import {
  associated,
  decrypt,
  eightBytes,
  encrypt,
  type Situation,
  sealed,
  second,
} from './gcp-kms-situation.ts'

const debug = 'type.googleapis.com/google.rpc.DebugInfo'
const precondition = 'type.googleapis.com/google.rpc.PreconditionFailure'
const unparsable = {
  code: 3,
  message: 'Decryption failed: the ciphertext is invalid.',
  details: [{ '@type': debug, detail: 'client_ciphertext.ParseFromString()' }],
}

const setState = async ({ client }: GcpKmsScene, state: 'DISABLED' | 'ENABLED'): Promise<void> => {
  const cryptoKeyVersion = { name: versionName, state }
  await client.updateCryptoKeyVersion({ cryptoKeyVersion, updateMask: { paths: ['state'] } })
}

/** Changes the scene after something was encrypted, then decrypts it. */
const decryptAfter =
  (change: (scene: GcpKmsScene) => Promise<unknown>) =>
  async (scene: GcpKmsScene): Promise<Outcome> => {
    const ciphertext = await sealed(scene)
    await change(scene)
    return decrypt(async () => ciphertext)(scene)
  }

const changedAt = (bytes: Buffer, index: number): Buffer =>
  Buffer.from(bytes.map((byte, at) => (at === index ? byte ^ 1 : byte)))

/** What the service was seen to refuse, and in which words. */
export const refusals: readonly Situation[] = [
  {
    situation: 'Decrypt with wrong additional authenticated data',
    evidence: 'R',
    run: decrypt((scene) => sealed(scene, eightBytes, associated), keyName, Buffer.from('different AAD')),
    code: 3,
    message: 'Decryption failed.',
    details: [
      {
        '@type': debug,
        detail:
          'INTERNAL: generic::internal: AEAD open failed, 52827182357952:error:1e000065:Cipher functions:OPENSSL_internal:BAD_DECRYPT:third_party/openssl/boringssl/src/crypto/fipsmodule/cipher/e_aes.cc.inc:847: while decrypting',
      },
    ],
  },
  {
    situation: 'Decrypt of tampered ciphertext: byte 0 changed',
    evidence: 'R',
    run: decrypt(async (scene) => changedAt(await sealed(scene), 0)),
    ...unparsable,
  },
  {
    situation: 'Decrypt of tampered ciphertext: byte 1 removed',
    evidence: 'R',
    run: decrypt(async (scene) => {
      const bytes = await sealed(scene)
      return Buffer.concat([bytes.subarray(0, 1), bytes.subarray(2)])
    }),
    ...unparsable,
  },
  {
    situation: 'Decrypt of tampered ciphertext: last byte removed and the byte before it changed',
    evidence: 'R',
    run: decrypt(async (scene) => {
      const shorter = (await sealed(scene)).subarray(0, -1)
      return changedAt(shorter, shorter.length - 1)
    }),
    ...unparsable,
  },
  {
    situation: 'Decrypt of bytes that are no ciphertext',
    evidence: 'R',
    run: decrypt(async () => Buffer.from('malformed cipher message')),
    ...unparsable,
  },
  {
    situation: 'unknown key ring: get',
    evidence: 'R',
    run: ({ client }) => outcomeOf(() => client.getKeyRing({ name: `${ring}-2` })),
    code: 5,
    message: `KeyRing ${ring}-2 not found.`,
    details: [],
  },
  {
    situation: 'unknown crypto key: get',
    evidence: 'R',
    run: ({ client }) => outcomeOf(() => client.getCryptoKey({ name: second })),
    code: 5,
    message: `CryptoKey ${second} not found.`,
    details: [],
  },
  {
    situation: 'API not enabled in the project',
    evidence: 'R',
    differs: 'the emulator has no projects: every one exists, with the API enabled',
  },
  {
    situation: 'no permission',
    evidence: 'R',
    // Recorded for setIamPolicy, which the emulator has not: the same sentence about another permission.
    run: ({ client, emulator }) => {
      emulator.grants.limit('anonymous', [])
      return outcomeOf(() => client.getCryptoKey({ name: keyName }))
    },
    code: 7,
    message: `Permission 'cloudkms.cryptoKeys.get' denied on resource '${keyName}' (or it may not exist).`,
    details: [],
  },
  {
    situation: 'disabled version: encrypt',
    evidence: 'Q',
    run: async (scene) => {
      await setState(scene, 'DISABLED')
      return encrypt(keyName, eightBytes)(scene)
    },
    code: 9,
    message: `${versionName} is not enabled, current state is: DISABLED.`,
    details: [{ '@type': precondition, violations: [{ type: 'KEY_DISABLED', subject: versionName }] }],
  },
  {
    situation: 'version scheduled for destruction: decrypt',
    evidence: 'Q',
    run: decryptAfter(({ client }) => client.destroyCryptoKeyVersion({ name: versionName })),
    code: 9,
    message: `${versionName} is not enabled, current state is: DESTROY_SCHEDULED.`,
    details: [
      { '@type': precondition, violations: [{ type: 'KEY_DESTROY_SCHEDULED', subject: versionName }] },
    ],
  },
  {
    situation: 'destroyed version: decrypt',
    evidence: 'Q',
    run: decryptAfter(async ({ client, advanceSeconds }) => {
      await client.destroyCryptoKeyVersion({ name: versionName })
      advanceSeconds(2_592_000)
    }),
    code: 9,
    message: `${versionName} is not enabled, current state is: DESTROYED.`,
    details: [],
    differs: 'details were not quoted; the emulator sends none',
  },
  {
    situation: 'version still being made',
    evidence: 'Q',
    differs: 'seen for an asymmetric key; symmetric ones of the emulator are made at once',
  },
  {
    situation: 'decrypt under another key than the one that encrypted (or an empty ciphertext)',
    evidence: 'Q',
    run: (scene) => {
      scene.emulator.createKey(second)
      return decrypt(sealed, second)(scene)
    },
    code: 3,
    message: "Decryption failed: verify that 'name' refers to the correct CryptoKey.",
    details: [],
  },
  {
    situation: 'no permission: decrypt',
    evidence: 'Q',
    run: decryptAfter(async ({ emulator }) => emulator.grants.limit('anonymous', [])),
    code: 7,
    message: `Permission 'cloudkms.cryptoKeyVersions.useToDecrypt' denied on resource '${keyName}' (or it may not exist).`,
    details: [],
  },
  {
    situation: 'quota: write requests',
    evidence: 'Q',
    run: ({ client, emulator }) => {
      emulator.faults.add({ fault: { kind: 'throttle' } })
      const cryptoKey = { purpose: 'ENCRYPT_DECRYPT' } as const
      return outcomeOf(() => client.createCryptoKey({ parent: ring, cryptoKeyId: 'second', cryptoKey }))
    },
    code: 8,
    message:
      "Quota exceeded for quota metric 'Write requests' and limit 'Write requests per minute' of service 'cloudkms.googleapis.com' for consumer 'project_number:1'.",
    differs: 'the ErrorInfo, which quota errors of other Google services carry, was not quoted',
  },
  {
    situation: 'request checksum does not match',
    evidence: 'Q',
    run: async (scene) => {
      const ciphertext = await sealed(scene)
      return outcomeOf(() =>
        scene.client.decrypt({ name: keyName, ciphertext, ciphertextCrc32c: { value: 1 } }),
      )
    },
    code: 3,
    message: 'The checksum in field ciphertext_crc32c did not match the data in field ciphertext.',
    details: [],
  },
  {
    situation: 'Decrypt naming a CryptoKeyVersion',
    evidence: 'Q',
    run: decrypt(sealed, versionName),
    code: 3,
    message: `${versionName} is not a valid resource type for this request.`,
    details: [],
  },
]
