import nodeVault from 'node-vault'
import { expect, test } from 'vitest'
import { runningVault, wrapped } from './running-vault.ts'

test('a ready node-vault client is used as it is, and keeps its token', async () => {
  const vault = await runningVault()
  const client = nodeVault({ endpoint: vault.url, token: vault.rootToken })
  const kek = vault.kek({ client, address: undefined, auth: undefined })
  const slot = await wrapped(kek)
  expect(slot.reference).toBe(`${new URL(vault.url).host}/transit/keys/aead`)
  expect([...(await kek.unwrapKey(slot)).dataKey]).toEqual(new Array(32).fill(7))
  await kek.close()
  expect(client.token).toBe(vault.rootToken)
  await client.read('transit/keys/aead')
})

test('the namespace of a ready client stands in the reference', async () => {
  const vault = await runningVault()
  const client = nodeVault({ endpoint: vault.url, token: vault.rootToken, namespace: 'team' })
  expect(
    vault.kek({ client: Object.assign(client, { namespace: 'team' }), namespace: undefined }).uri,
  ).toContain('/ns/team/transit/')
})

test("a ready client's refusals are told apart as our own are, and it is never logged in", async () => {
  const vault = await runningVault()
  const token = await vault.issueToken('path "transit/*" { capabilities = ["read", "update"] }')
  const kek = vault.kek({ client: nodeVault({ endpoint: vault.url, token }) })
  const slot = await wrapped(kek)
  await expect(
    kek.unwrapKey({
      ...slot,
      keyVersion: '',
      wrapped: slot.wrapped.map((byte, at) => (at === 80 ? 66 : byte)),
    }),
  ).rejects.toMatchObject({ code: 'unwrap-failed' })
  vault.forgetTokens()
  await expect(kek.unwrapKey(slot)).rejects.toMatchObject({ code: 'unauthenticated' })
})
