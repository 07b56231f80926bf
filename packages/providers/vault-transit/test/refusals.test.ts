import type { Kek } from '@keywright/core'
import { expect, test } from 'vitest'
import { appRole } from './app-role.ts'
import { type RunningVault, runningVault, wrapped } from './running-vault.ts'

const login = 'update auth/approle/login'
const lookup = 'read auth/token/lookup-self'
const encrypt = 'update transit/encrypt/aead'
const policy = 'path "transit/*" { capabilities = ["read", "update"] }'

/** From now on no token may encrypt, or look at itself, as without the policy `default`. */
function denyAll({ faults }: RunningVault): () => void {
  return faults.add({ fault: { kind: 'deny' }, operations: [lookup, encrypt] })
}

async function denied(kek: Kek, times: number): Promise<void> {
  for (let time = 0; time < times; time += 1) {
    await expect(wrapped(kek)).rejects.toMatchObject({ code: 'access-denied' })
  }
}

test('a policy that refuses a token that may not look itself up costs one login, and is access-denied', async () => {
  const { vault, kek } = await appRole()
  await wrapped(kek)
  denyAll(vault)
  vault.calls.clear()
  await denied(kek, 5)
  expect([vault.calls.count(login), vault.calls.count(lookup)]).toEqual([1, 1])
})

test('twenty refusals at once cost one login', async () => {
  const { vault, kek } = await appRole()
  await wrapped(kek)
  denyAll(vault)
  vault.calls.clear()
  await Promise.all(Array.from({ length: 20 }, () => denied(kek, 1)))
  await denied(kek, 1)
  expect(vault.calls.count(login)).toBe(1)
})

test('a token that may not look itself up and has ended is still replaced', async () => {
  const { vault, kek } = await appRole()
  await wrapped(kek)
  const allow = denyAll(vault)
  await denied(kek, 1)
  allow()
  vault.forgetTokens()
  vault.calls.clear()
  await wrapped(kek)
  expect(vault.calls.count(login)).toBe(1)
})

test('what is known of one token is not said of the next', async () => {
  const { vault, kek } = await appRole()
  await wrapped(kek)
  denyAll(vault)
  await denied(kek, 1)
  vault.forgetTokens()
  vault.calls.clear()
  // That the token has ended shows when the key is read; of its successor nothing is known.
  await denied(kek, 2)
  expect(vault.calls.count(login)).toBe(2)
  vault.calls.clear()
  await denied(kek, 3)
  expect(vault.calls.count(login)).toBe(0)
})

test('a given token that may not look itself up is refused as access-denied, without more ado', async () => {
  const vault = await runningVault()
  const token = await vault.issueToken(policy)
  const kek = vault.kek({ auth: { method: 'token', token } })
  await wrapped(kek)
  denyAll(vault)
  await denied(kek, 1)
  vault.calls.clear()
  await denied(kek, 3)
  expect(vault.calls.count(lookup)).toBe(0)
})

test('a token that could not look itself up when it came asks no more than its calls', async () => {
  const vault = await runningVault()
  const token = await vault.issueToken(policy)
  vault.faults.add({ fault: { kind: 'deny' }, operations: [lookup] })
  const kek = vault.kek({ auth: { method: 'token', token } })
  await wrapped(kek)
  denyAll(vault)
  vault.calls.clear()
  await denied(kek, 1)
  expect(vault.calls.operations()).toEqual(['read transit/keys/aead', encrypt])
})

test('a given token that is refused is read again where it comes from', async () => {
  const vault = await runningVault()
  let token = await vault.issueToken('path "transit/keys/aead" { capabilities = ["read"] }')
  const kek = vault.kek({ auth: { method: 'token', token: () => token } })
  vault.faults.add({ fault: { kind: 'deny' }, operations: [lookup] })
  await denied(kek, 2)
  token = await vault.issueToken(policy)
  await wrapped(kek)
})

test('a token of a client with a token of its own, refused, is access-denied', async () => {
  const vault = await runningVault()
  const { default: nodeVault } = await import('node-vault')
  const kek = vault.kek({ client: nodeVault({ endpoint: vault.url, token: vault.rootToken }) })
  await wrapped(kek)
  denyAll(vault)
  await denied(kek, 2)
  expect(vault.calls.count(lookup)).toBe(1)
})
