import { expect, test } from 'vitest'
import { context, runningVault, wrapped } from './running-vault.ts'

test('the version that is recorded is the one of the answer and of the ciphertext', async () => {
  const vault = await runningVault()
  const kek = vault.kek()
  await wrapped(kek)
  await vault.admin('POST', 'transit/keys/aead/rotate')
  const slot = await wrapped(kek)
  expect(slot.keyVersion).toBe('2')
  expect(Buffer.from(slot.wrapped).toString()).toMatch(/^vault:v2:/)
})

test('an answer whose version is not that of its ciphertext is refused', async () => {
  const vault = await runningVault()
  const kek = vault.kek()
  await wrapped(kek)
  vault.faults.add({ fault: { kind: 'other-version' } })
  await expect(wrapped(kek)).rejects.toMatchObject({ code: 'invalid-response' })
})

test.each(['2', '01', '1 ', '1/../1', 'v1', '1\n', '-1', '1e0'])(
  'a slot whose version is spelled %j is refused without a call',
  async (keyVersion) => {
    const vault = await runningVault()
    const kek = vault.kek()
    const slot = await wrapped(kek)
    vault.calls.clear()
    await expect(kek.unwrapKey({ ...slot, keyVersion })).rejects.toMatchObject({ code: 'unwrap-failed' })
    expect(vault.calls.count()).toBe(0)
  },
)

test.each([
  'vault:v1:',
  'vault:v01:AAAA',
  'vault:v1:%',
  'Vault:v1:x',
  `vault:v1:${'A'.repeat(79)}`,
  `vault:v1:${'A'.repeat(8_000)}`,
])('a wrapped key that is none of Vault, %j, is refused without a call', async (text) => {
  const vault = await runningVault()
  const kek = vault.kek({ key: 'derived' })
  const slot = { ...(await wrapped(kek)), wrapped: Buffer.from(text) }
  vault.calls.clear()
  await expect(kek.unwrapKey(slot)).rejects.toMatchObject({ code: 'unwrap-failed' })
  await expect(kek.rewrapKey(slot)).rejects.toMatchObject({ code: 'unwrap-failed' })
  expect(vault.calls.count()).toBe(0)
})

test.each([0, 50, 61, 88])(
  'a wrapped key of %i bytes, which nobody could unwrap, is an invalid answer to a wrap',
  async (bytes) => {
    const vault = await runningVault()
    const [plain, derived] = [vault.kek(), vault.kek({ key: 'derived' })]
    await Promise.all([wrapped(plain), derived.connect()])
    const slot = await wrapped(derived)
    vault.faults.add({ fault: { kind: 'wrapped-length', bytes } })
    const invalid = { code: 'invalid-response', details: { field: 'ciphertext' } }
    await expect(wrapped(plain)).rejects.toMatchObject(invalid)
    await expect(wrapped(derived)).rejects.toMatchObject(invalid)
    await expect(derived.generateDataKey({ context })).rejects.toMatchObject(invalid)
    await expect(derived.rewrapKey(slot)).rejects.toMatchObject(invalid)
  },
)

test('raising min_decryption_version retires what is older, and the description tells of it', async () => {
  const vault = await runningVault({ now: () => new Date('2026-03-01T12:00:00Z') })
  const kek = vault.kek()
  const slot = await wrapped(kek)
  await vault.admin('POST', 'transit/keys/aead/rotate')
  await vault.admin('POST', 'transit/keys/aead/config', {
    min_decryption_version: 2,
    min_encryption_version: 2,
  })
  await expect(kek.unwrapKey(slot)).rejects.toMatchObject({ code: 'key-version-retired' })
  expect(await kek.describeKey()).toEqual({
    state: 'enabled',
    currentVersion: '2',
    versions: [
      { version: '1', state: 'disabled' },
      { version: '2', state: 'enabled', createdAt: new Date('2026-03-01T12:00:00Z') },
    ],
    protectionLevel: 'software',
    createdAt: undefined,
  })
})

test('a trimmed version is retired too, and is no longer described', async () => {
  const vault = await runningVault()
  const kek = vault.kek()
  const slot = await wrapped(kek)
  await vault.admin('POST', 'transit/keys/aead/rotate')
  await vault.admin('POST', 'transit/keys/aead/config', {
    min_decryption_version: 2,
    min_encryption_version: 2,
  })
  await vault.admin('POST', 'transit/keys/aead/trim', { min_available_version: 2 })
  await expect(kek.unwrapKey(slot)).rejects.toMatchObject({ code: 'key-version-retired' })
  expect((await kek.describeKey()).versions.map(({ version }) => version)).toEqual(['2'])
})

test('what is answered wrongly is recorded by the number under which the audit log has it', async () => {
  const vault = await runningVault()
  const kek = vault.kek({ key: 'derived' })
  await kek.connect()
  vault.faults.add({ fault: { kind: 'no-version' } })
  const error = await kek.wrapKey({ dataKey: new Uint8Array(32), context }).catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({
    code: 'invalid-response',
    details: { requestId: expect.stringMatching(/^[0-9a-f-]{36}$/) },
  })
})
