import { expect, test } from 'vitest'
import { runningVault, wrapped } from './running-vault.ts'

test('a typing error in a key name makes no key, whatever the token may do', async () => {
  const vault = await runningVault()
  await expect(wrapped(vault.kek({ key: 'aaed' }))).rejects.toMatchObject({ code: 'key-not-found' })
  const { data } = (await vault.admin('GET', 'transit/keys?list=true')) as { data: { keys: string[] } }
  expect(data.keys).toEqual(['aead', 'derived'])
  expect(vault.calls.operations().some((operation) => operation.startsWith('create'))).toBe(false)
})

test('a typing error in a mount makes nothing', async () => {
  const vault = await runningVault()
  await expect(wrapped(vault.kek({ mount: 'trasnit' }))).rejects.toMatchObject({ code: 'key-not-found' })
})

test('a key that was deleted after the connection is not found, under a policy without create', async () => {
  const vault = await runningVault()
  const token = await vault.issueToken('path "transit/*" { capabilities = ["read", "update"] }')
  const kek = vault.kek({ auth: { method: 'token', token } })
  await wrapped(kek)
  await vault.admin('POST', 'transit/keys/aead/config', { deletion_allowed: true })
  await vault.admin('DELETE', 'transit/keys/aead')
  await expect(wrapped(kek)).rejects.toMatchObject({ code: 'key-not-found' })
})

test('a key that was made anew under its old name is noticed by its version', async () => {
  const vault = await runningVault()
  await vault.admin('POST', 'transit/keys/aead/rotate')
  const kek = vault.kek()
  await wrapped(kek)
  await vault.admin('POST', 'transit/keys/aead/config', { deletion_allowed: true })
  await vault.admin('DELETE', 'transit/keys/aead')
  await expect(wrapped(kek)).rejects.toMatchObject({ code: 'key-mismatch' })
})
