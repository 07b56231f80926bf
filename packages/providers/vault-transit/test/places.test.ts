import { expect, test, vi } from 'vitest'
import { administer } from '../conformance/administer.ts'
import { vaultTransit } from '../src/index.ts'
import { runningVault, wrapped } from './running-vault.ts'

test('two mounts have two keys of one name, and neither opens what the other wrapped', async () => {
  const vault = await runningVault()
  await vault.admin('POST', 'sys/mounts/teams/pay', { type: 'transit' })
  await vault.admin('POST', 'teams/pay/keys/aead', {})
  const [one, other] = [vault.kek(), vault.kek({ mount: 'teams/pay' })]
  const slot = await wrapped(one)
  const { reference } = await other.connect()
  expect(reference).toMatch(/\/teams\/pay\/keys\/aead$/)
  await expect(other.unwrapKey({ ...slot, reference })).rejects.toMatchObject({ code: 'unwrap-failed' })
  await expect(other.unwrapKey(slot)).rejects.toMatchObject({ code: 'key-mismatch' })
})

test('a namespace goes with every call, and stands in the reference', async () => {
  const vault = await runningVault()
  const admin = administer(vault.url, vault.rootToken, 'admin/team')
  await admin('POST', 'sys/mounts/transit', { type: 'transit' })
  await admin('POST', 'transit/keys/inner', {})
  const kek = vault.kek({ key: 'inner', namespace: 'admin/team' })
  vault.calls.clear()
  await kek.unwrapKey(await wrapped(kek))
  expect((await kek.connect()).reference).toMatch(/\/ns\/admin\/ns\/team\/transit\/keys\/inner$/)
  expect(vault.calls.operations().every((operation) => operation.includes(' admin/team/'))).toBe(true)
  await expect(vault.kek({ key: 'inner' }).connect()).rejects.toMatchObject({ code: 'key-not-found' })
})

test('two Vaults with a key of one name are two KEKs', async () => {
  const [one, other] = [await runningVault(), await runningVault()]
  const slot = await wrapped(one.kek())
  await expect(other.kek().unwrapKey(slot)).rejects.toMatchObject({ code: 'key-mismatch' })
})

test('a key URI reaches the key, with the token of the environment', async () => {
  const vault = await runningVault()
  vi.stubEnv('VAULT_ADDR', vault.url)
  vi.stubEnv('VAULT_TOKEN', vault.rootToken)
  const host = new URL(vault.url).host
  const kek = vaultTransit.fromUri(`vault-transit://${host}/transit/keys/aead`)
  const slot = await wrapped(kek)
  expect([...(await vault.kek().unwrapKey(slot)).dataKey]).toEqual(new Array(32).fill(7))
  await kek.close()
  vi.unstubAllEnvs()
})
