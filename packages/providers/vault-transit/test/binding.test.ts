import { expect, test } from 'vitest'
import { context, otherContext, runningVault, wrapped } from './running-vault.ts'

test('a datakey is never asked for where it would drop the associated data', async () => {
  const vault = await runningVault()
  const kek = vault.kek()
  expect((await kek.connect()).capabilities.generatesDataKeys).toBe(false)
  await expect(kek.generateDataKey({ context })).rejects.toMatchObject({ code: 'unsupported' })
  await wrapped(kek)
  expect(vault.calls.operations().filter((operation) => operation.includes('datakey'))).toEqual([])
})

test('a rewrap is never asked for where it would drop the associated data: the client carries the key over', async () => {
  const vault = await runningVault()
  const kek = vault.kek()
  const slot = await wrapped(kek)
  await expect(kek.rewrapKey(slot)).rejects.toMatchObject({ code: 'unsupported' })
  expect(vault.calls.operations().filter((operation) => operation.includes('rewrap'))).toEqual([])
})

test('a derived key is generated, wrapped, unwrapped and rewrapped with its context', async () => {
  const vault = await runningVault()
  const kek = vault.kek({ key: 'derived' })
  const { reference } = await kek.connect()
  const { dataKey, keyVersion = '', ...generated } = await kek.generateDataKey({ context })
  const slot = { ...generated, keyVersion, reference, context }
  const moved = { ...slot, ...(await kek.rewrapKey(slot)), keyVersion }
  expect((await kek.unwrapKey(moved)).dataKey).toEqual(dataKey)
  await expect(kek.unwrapKey({ ...moved, context: otherContext })).rejects.toMatchObject({
    code: 'unwrap-failed',
  })
  expect(moved.algorithm).toBe('vault.derived')
})

test('a server that passes over associated data is found out before the first wrap', async () => {
  const vault = await runningVault({ dropsAssociatedData: true })
  await expect(wrapped(vault.kek())).rejects.toMatchObject({ code: 'unsupported' })
})

test('a server that passes over associated data is found out at the first unwrap, by a wrap that opens without', async () => {
  const vault = await runningVault({ dropsAssociatedData: true })
  const plaintext = Buffer.alloc(32, 9).toString('base64')
  const { data } = (await vault.admin('POST', 'transit/encrypt/aead', { plaintext })) as {
    data: { ciphertext: string }
  }
  const kek = vault.kek()
  const { reference } = await kek.connect()
  const slot = {
    wrapped: Buffer.from(data.ciphertext),
    keyVersion: '1',
    algorithm: 'vault.aad',
    reference,
    context,
  }
  await expect(kek.unwrapKey(slot)).rejects.toMatchObject({ code: 'unsupported' })
})

test('that associated data is honoured is proved once for each connection and direction', async () => {
  const vault = await runningVault()
  const kek = vault.kek()
  const slot = await wrapped(kek)
  await kek.unwrapKey(slot)
  vault.calls.clear()
  for (let round = 0; round < 3; round += 1) await kek.unwrapKey(await wrapped(kek))
  expect(vault.calls.count()).toBe(6)
})

test('calls that come at once share one proof', async () => {
  const vault = await runningVault()
  const kek = vault.kek()
  await kek.connect()
  vault.calls.clear()
  await Promise.all(Array.from({ length: 20 }, () => wrapped(kek)))
  expect(vault.calls.count()).toBe(21)
})

test('a derived key needs no proof: what is wrapped costs one call', async () => {
  const vault = await runningVault()
  const kek = vault.kek({ key: 'derived' })
  await kek.connect()
  vault.calls.clear()
  await kek.unwrapKey(await wrapped(kek))
  expect(vault.calls.count()).toBe(2)
})

test('an old server serves a derived key', async () => {
  const vault = await runningVault({ dropsAssociatedData: true })
  const kek = vault.kek({ key: 'derived' })
  const slot = await wrapped(kek)
  await expect(kek.unwrapKey({ ...slot, context: otherContext })).rejects.toMatchObject({
    code: 'unwrap-failed',
  })
})

test('a convergent key is refused: it shows which data keys are equal', async () => {
  const vault = await runningVault()
  await vault.admin('POST', 'transit/keys/convergent', { derived: true, convergent_encryption: true })
  await expect(vault.kek({ key: 'convergent' }).connect()).rejects.toMatchObject({ code: 'unsupported' })
})

test('a key that is of no AEAD type is refused', async () => {
  const vault = await runningVault()
  await vault.admin('POST', 'transit/keys/mac', { type: 'hmac' })
  await expect(vault.kek({ key: 'mac' }).connect()).rejects.toMatchObject({ code: 'unsupported' })
})

test.each(['aes128-gcm96', 'aes256-gcm96', 'chacha20-poly1305'])(
  'a key of type %s wraps and unwraps',
  async (type) => {
    const vault = await runningVault()
    await vault.admin('POST', 'transit/keys/typed', { type })
    const kek = vault.kek({ key: 'typed' })
    const slot = await wrapped(kek)
    expect([...(await kek.unwrapKey(slot)).dataKey]).toEqual(new Array(32).fill(7))
  },
)
