import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Fault } from '../src/faults.ts'
import { crc32c } from '../src/gcp-kms/crc32c.ts'
import { gcpKmsEmulator } from '../src/gcp-kms/gcp-kms-emulator.ts'
import {
  clientOf,
  type GcpKmsScene,
  gcpKmsScene,
  keyName,
  location,
  outcomeOf,
  ring,
  versionName,
} from './gcp-kms-scene.ts'

let scene: GcpKmsScene

beforeEach(async () => {
  scene = await gcpKmsScene()
})

afterEach(() => scene.close())

const plaintext = Buffer.from('thirty-two bytes of a data key..')

/** One attempt, so that the client does not hide what was answered. */
const once = (timeout = 10_000): object => ({ timeout, retry: { retryCodes: [], backoffSettings: {} } })

async function encrypted(): Promise<Buffer> {
  const [{ ciphertext }] = await scene.client.encrypt({ name: keyName, plaintext })
  return Buffer.from(ciphertext ?? '')
}

async function rotated(): Promise<void> {
  const [{ name }] = await scene.client.createCryptoKeyVersion({ parent: keyName })
  const cryptoKeyVersionId = name?.split('/').at(-1) ?? ''
  await scene.client.updateCryptoKeyPrimaryVersion({ name: keyName, cryptoKeyVersionId })
}

test('CRC-32C agrees with the vectors of RFC 3720', () => {
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa)
  expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43)
  expect(crc32c(Uint8Array.from({ length: 32 }, (_, index) => index))).toBe(0x46dd794e)
})

test('checksums that match are confirmed in the answer', async () => {
  const [answer] = await scene.client.encrypt({
    name: keyName,
    plaintext,
    plaintextCrc32c: { value: crc32c(plaintext) },
    additionalAuthenticatedDataCrc32c: { value: 0 },
  })
  expect(answer.verifiedPlaintextCrc32c).toBe(true)
  expect(answer.verifiedAdditionalAuthenticatedDataCrc32c).toBe(true)
  expect(answer.ciphertextCrc32c?.value).toBe(String(crc32c(Buffer.from(answer.ciphertext ?? ''))))
})

test('after a rotation an old ciphertext decrypts, and is told not to be of the primary version', async () => {
  const ciphertext = await encrypted()
  await rotated()
  const [answer] = await scene.client.decrypt({ name: keyName, ciphertext })
  expect(answer.plaintext).toEqual(plaintext)
  expect(answer.usedPrimary).toBe(false)
  const [{ name }] = await scene.client.encrypt({ name: keyName, plaintext })
  expect(name).toBe(`${keyName}/cryptoKeyVersions/2`)
})

test('Encrypt takes the name of a version', async () => {
  await rotated()
  const [{ name }] = await scene.client.encrypt({ name: versionName, plaintext })
  expect(name).toBe(versionName)
})

test('a scheduled destruction can be taken back; the version is disabled then', async () => {
  await scene.client.destroyCryptoKeyVersion({ name: versionName })
  const [restored] = await scene.client.restoreCryptoKeyVersion({ name: versionName })
  expect(restored.state).toBe('DISABLED')
})

test('a destroyed version stays destroyed, and its material is gone', async () => {
  const ciphertext = await encrypted()
  await scene.client.destroyCryptoKeyVersion({ name: versionName })
  scene.advanceSeconds(30 * 86_400)
  expect(await outcomeOf(() => scene.client.decrypt({ name: keyName, ciphertext }))).toMatchObject({
    code: 9,
  })
  const restored = await outcomeOf(() => scene.client.restoreCryptoKeyVersion({ name: versionName }))
  expect(restored.code).toBe(9)
})

test('keys are made, listed in pages and changed by the client', async () => {
  await scene.client.createKeyRing({ parent: location, keyRingId: 'other' })
  const cryptoKey = { purpose: 'ENCRYPT_DECRYPT', versionTemplate: { protectionLevel: 'HSM' } } as const
  const parent = `${location}/keyRings/other`
  for (const cryptoKeyId of ['c', 'a', 'b'])
    await scene.client.createCryptoKey({ parent, cryptoKeyId, cryptoKey })
  const [keys] = await scene.client.listCryptoKeys({ parent, pageSize: 2 })
  expect(keys.map(({ name }) => name?.at(-1))).toEqual(['a', 'b', 'c'])
  expect(keys[0]?.primary?.protectionLevel).toBe('HSM')
  const [rings] = await scene.client.listKeyRings({ parent: location })
  expect(rings.map(({ name }) => name)).toEqual([parent, ring])
  const labels = { team: 'orders' }
  const [changed] = await scene.client.updateCryptoKey({
    cryptoKey: { name: keyName, labels },
    updateMask: { paths: ['labels'] },
  })
  expect(changed.labels).toEqual(labels)
})

test('what exists already is refused', async () => {
  const again = await outcomeOf(() => scene.client.createKeyRing({ parent: location, keyRingId: 'ring' }))
  expect(again.code).toBe(6)
})

test('a key made without its first version cannot encrypt', async () => {
  const cryptoKey = { purpose: 'ENCRYPT_DECRYPT' } as const
  const skipInitialVersionCreation = true
  const [{ name }] = await scene.client.createCryptoKey({
    parent: ring,
    cryptoKeyId: 'empty',
    cryptoKey,
    skipInitialVersionCreation,
  })
  expect(await outcomeOf(() => scene.client.encrypt({ name: name ?? '', plaintext }))).toMatchObject({
    code: 9,
  })
})

test('other purposes than symmetric encryption are refused as not implemented', async () => {
  const cryptoKey = { purpose: 'ASYMMETRIC_SIGN' } as const
  const made = await outcomeOf(() =>
    scene.client.createCryptoKey({ parent: ring, cryptoKeyId: 'sign', cryptoKey }),
  )
  expect(made.code).toBe(12)
})

test('an HSM key takes 8 KiB of plaintext and associated data together, a software key 64 KiB of each', async () => {
  const cryptoKey = { purpose: 'ENCRYPT_DECRYPT', versionTemplate: { protectionLevel: 'HSM' } } as const
  const [{ name }] = await scene.client.createCryptoKey({ parent: ring, cryptoKeyId: 'hsm', cryptoKey })
  const encrypt = (key: string, bytes: number, aad: number): Promise<{ readonly code: number }> => {
    const additionalAuthenticatedData = Buffer.alloc(aad)
    return outcomeOf(() =>
      scene.client.encrypt({ name: key, plaintext: Buffer.alloc(bytes), additionalAuthenticatedData }),
    )
  }
  expect((await encrypt(name ?? '', 8_160, 32)).code).toBe(0)
  expect((await encrypt(name ?? '', 8_160, 33)).code).toBe(3)
  expect((await encrypt(keyName, 65_536, 65_536)).code).toBe(0)
  expect((await encrypt(keyName, 65_537, 0)).code).toBe(3)
})

test('random bytes come from an HSM only, 8 to 1,024 of them', async () => {
  const [{ data, dataCrc32c }] = await scene.client.generateRandomBytes({
    location,
    lengthBytes: 32,
    protectionLevel: 'HSM',
  })
  expect(data?.length).toBe(32)
  expect(dataCrc32c?.value).toBe(String(crc32c(Buffer.from(data ?? ''))))
  for (const request of [
    { location, lengthBytes: 7, protectionLevel: 'HSM' },
    { location, lengthBytes: 32, protectionLevel: 'SOFTWARE' },
  ] as const) {
    expect((await outcomeOf(() => scene.client.generateRandomBytes(request))).code).toBe(3)
  }
})

test('a principal is told by its bearer token, and limited to its permissions', async () => {
  const { grants, calls } = scene.emulator
  grants.limit('sealer', ['cloudkms.cryptoKeyVersions.useToEncrypt'])
  const as = (principal: string): object => ({
    otherArgs: { headers: { authorization: `Bearer ${principal}` } },
  })
  const ciphertext = await encrypted()
  expect((await outcomeOf(() => scene.client.encrypt({ name: keyName, plaintext }, as('sealer')))).code).toBe(
    0,
  )
  expect(
    (await outcomeOf(() => scene.client.decrypt({ name: keyName, ciphertext }, as('sealer')))).code,
  ).toBe(7)
  expect(
    (await outcomeOf(() => scene.client.decrypt({ name: keyName, ciphertext }, as('opener')))).code,
  ).toBe(0)
  expect(calls.latest.map(({ principal, status }) => [principal, status])).toEqual([
    ['anonymous', 0],
    ['sealer', 0],
    ['sealer', 7],
    ['opener', 0],
  ])
})

test('a principal is told which of some permissions it has', async () => {
  const [use, look] = ['cloudkms.cryptoKeyVersions.useToEncrypt', 'cloudkms.cryptoKeys.get']
  scene.emulator.grants.limit('anonymous', [use])
  // The client's type of this one request is that of a message object; it takes a plain one like the others.
  const request = { resource: keyName, permissions: [use, look] } as unknown as TestRequest
  const [{ permissions }] = await scene.client.testIamPermissions(request)
  expect(permissions).toEqual([use])
})

type TestRequest = Parameters<GcpKmsScene['client']['testIamPermissions']>[0]

test.each<readonly [Fault, number]>([
  [{ kind: 'throttle' }, 8],
  [{ kind: 'unavailable' }, 14],
  [{ kind: 'unauthenticated' }, 16],
  [{ kind: 'deny' }, 7],
  [{ kind: 'nonsense' }, 2],
  [{ kind: 'leaky-error' }, 13],
  [{ kind: 'reset' }, 14],
  [{ kind: 'garbage' }, 14],
  [{ kind: 'half-answer' }, 14],
])('the client sees the fault %j as status %i, and works again after it', async (fault, code) => {
  const { faults, calls } = scene.emulator
  faults.add({ fault, operations: ['Encrypt'], key: keyName, times: 1 })
  const encrypt = (): Promise<{ readonly code: number }> =>
    outcomeOf(() => scene.client.encrypt({ name: keyName, plaintext }, once()))
  expect((await encrypt()).code).toBe(code)
  expect((await encrypt()).code).toBe(0)
  expect(calls.count('Encrypt')).toBe(2)
})

test('a stalled call ends by its own time limit, while others are answered', async () => {
  scene.emulator.faults.add({ fault: { kind: 'stall' }, operations: ['Encrypt'] })
  const stalled = outcomeOf(() => scene.client.encrypt({ name: keyName, plaintext }, once(200)))
  expect((await outcomeOf(() => scene.client.getCryptoKey({ name: keyName }))).code).toBe(0)
  expect((await stalled).code).toBe(4)
})

test('latency delays the answer and changes nothing else', async () => {
  scene.emulator.faults.add({ fault: { kind: 'latency', milliseconds: 5 } })
  expect((await outcomeOf(() => scene.client.encrypt({ name: keyName, plaintext }))).code).toBe(0)
})

test('a throttle with a delay tells it', async () => {
  scene.emulator.faults.add({ fault: { kind: 'throttle', retryAfterSeconds: 7 } })
  const { details } = await outcomeOf(() => scene.client.encrypt({ name: keyName, plaintext }, once()))
  expect(details).toContainEqual({
    '@type': 'type.googleapis.com/google.rpc.RetryInfo',
    retryDelay: { seconds: '7' },
  })
})

test('an answer can be made to lie about everything it tells', async () => {
  const { faults } = scene.emulator
  const encryptWith = async (fault: Fault): Promise<Readonly<Record<string, unknown>>> => {
    faults.clear()
    faults.add({ fault })
    const checked = { plaintextCrc32c: { value: crc32c(plaintext) } }
    const { body } = await outcomeOf(() => scene.client.encrypt({ name: keyName, plaintext, ...checked }))
    return body ?? {}
  }
  expect(await encryptWith({ kind: 'other-key' })).toMatchObject({
    name: `${keyName}-other/cryptoKeyVersions/1`,
  })
  expect(await encryptWith({ kind: 'other-version' })).toMatchObject({
    name: `${keyName}/cryptoKeyVersions/999999`,
  })
  expect(await encryptWith({ kind: 'no-key-named' })).not.toHaveProperty('name')
  expect(await encryptWith({ kind: 'wrapped-length', bytes: 9_000 })).toHaveProperty(
    'ciphertext.length',
    9_000,
  )
  expect(await encryptWith({ kind: 'checksum-unverified' })).not.toHaveProperty('verifiedPlaintextCrc32c')
  const { ciphertext, ciphertextCrc32c } = await encryptWith({ kind: 'wrong-checksum' })
  expect(ciphertextCrc32c).not.toEqual({ value: String(crc32c(ciphertext as Buffer)) })
})

test('a decrypted key can be made longer, shorter or absent', async () => {
  const ciphertext = await encrypted()
  const decryptWith = async (fault: Fault): Promise<unknown> => {
    scene.emulator.faults.clear()
    scene.emulator.faults.add({ fault })
    const { body } = await outcomeOf(() => scene.client.decrypt({ name: keyName, ciphertext }))
    return body?.['plaintext']
  }
  expect(await decryptWith({ kind: 'data-key-length', bytes: 33 })).toEqual(
    Buffer.concat([plaintext, Buffer.of(0)]),
  )
  expect(await decryptWith({ kind: 'data-key-length', bytes: 31 })).toEqual(plaintext.subarray(0, 31))
  expect(await decryptWith({ kind: 'no-data-key' })).toBeUndefined()
})

test('keys in a folder outlive the emulator', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gcp-kms-'))
  try {
    const first = await gcpKmsScene(folder)
    const [{ ciphertext }] = await first.client.encrypt({ name: keyName, plaintext })
    await first.close()
    const second = await gcpKmsScene(folder)
    const [answer] = await second.client.decrypt({ name: keyName, ciphertext: Buffer.from(ciphertext ?? '') })
    await second.close()
    expect(answer.plaintext).toEqual(plaintext)
  } finally {
    await rm(folder, { recursive: true })
  }
})

test("Google's client, told its universe, asks no metadata server on the way to the emulator", async () => {
  let asked = 0
  const metadata = createServer((_, response) => {
    asked += 1
    response.writeHead(404).end()
  })
  await new Promise<void>((resolve) => metadata.listen(0, '127.0.0.1', resolve))
  const before = process.env['GCE_METADATA_HOST']
  process.env['GCE_METADATA_HOST'] = `127.0.0.1:${(metadata.address() as AddressInfo).port}`
  const emulator = await gcpKmsEmulator()
  const client = clientOf(emulator.url)
  emulator.createKey(keyName)
  await client.encrypt({ name: keyName, plaintext })
  await client.close()
  await emulator.close()
  metadata.close()
  if (before === undefined) delete process.env['GCE_METADATA_HOST']
  else process.env['GCE_METADATA_HOST'] = before
  expect(asked).toBe(0)
})

test('unknown methods and names outside the grammar are refused', async () => {
  const unknown = await outcomeOf(() => scene.client.getImportJob({ name: `${ring}/importJobs/j` }))
  expect(unknown.code).toBe(12)
  const badName = await outcomeOf(() => scene.client.getCryptoKey({ name: `${keyName}/../other` }))
  expect(badName.code).toBe(3)
})
