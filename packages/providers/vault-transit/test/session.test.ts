import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect, promisify } from 'node:util'
import { afterEach, expect, onTestFinished, test, vi } from 'vitest'
import { appRole, start } from './app-role.ts'
import { type RunningVault, runningVault, wrapped } from './running-vault.ts'
import { TestClock } from './test-clock.ts'

const renewal = 'update auth/token/renew-self'
const login = 'update auth/approle/login'

afterEach(() => vi.unstubAllEnvs())

/** Settles when a call of this kind has been answered. */
function called({ calls }: RunningVault, operation: string): Promise<void> {
  return new Promise((resolve) => {
    const end = calls.listen((call) => {
      if (call.operation !== operation) return
      end()
      resolve()
    })
  })
}

test('a token is renewed at two thirds of its life, again and again', async () => {
  const { vault, clock, kek } = await appRole()
  await kek.connect()
  for (let round = 1; round <= 3; round += 1) {
    await clock.asleep()
    clock.move(39_999)
    expect(vault.calls.count(renewal)).toBe(round - 1)
    const renewed = called(vault, renewal)
    clock.move(1)
    await renewed
  }
  expect(vault.calls.count(login)).toBe(1)
})

test('a token that lives for 768 hours is not renewed in a storm: no timer is longer than timers can be', async () => {
  const { vault, clock, kek } = await appRole({ token_ttl: '768h' })
  await kek.connect()
  await clock.asleep()
  const twoThirds = (768 * 3_600_000 * 2) / 3
  expect(clock.sleeps).toEqual([twoThirds])
  expect(twoThirds).toBeLessThan(2 ** 31)
  expect(vault.calls.count(renewal)).toBe(0)
})

test('a token that lives for a year sleeps in pieces', async () => {
  const year = 365 * 86_400_000
  const { vault, clock, kek } = await appRole({ token_ttl: '8760h', token_max_ttl: '8760h' })
  await kek.connect()
  for (let slept = 0; slept < (year * 2) / 3 - 2 ** 31; slept += 2 ** 31 - 1) {
    await clock.asleep()
    expect(clock.sleeps.at(-1)).toBe(2 ** 31 - 1)
    expect(vault.calls.count(renewal)).toBe(0)
    clock.move(2 ** 31 - 1)
  }
  await clock.asleep()
  const renewed = called(vault, renewal)
  clock.move(2 ** 31 - 1)
  await renewed
})

test('a renewal that fails is tried again at a third of what is left, and does not end renewing', async () => {
  const { vault, clock, kek } = await appRole()
  await kek.connect()
  await clock.asleep()
  vault.faults.add({ fault: { kind: 'reset' }, operations: [renewal], times: 2 })
  clock.move(40_000)
  await clock.asleep()
  expect(clock.sleeps.at(-1)).toBeCloseTo(20_000 / 3)
  clock.move(6_667)
  await clock.asleep()
  const renewed = called(vault, renewal)
  clock.move(5_000)
  await renewed
  await clock.asleep()
  expect(clock.sleeps.at(-1)).toBeCloseTo(40_000)
})

test('a renewal that Vault refuses is a login', async () => {
  const { vault, clock, kek } = await appRole()
  await kek.connect()
  await clock.asleep()
  vault.faults.add({ fault: { kind: 'unauthenticated' }, operations: [renewal], times: 1 })
  const loggedIn = called(vault, login)
  clock.move(40_000)
  await loggedIn
  expect(vault.calls.count(login)).toBe(2)
})

test('a Vault that is sealed when a token is to be renewed is asked again, not logged in at', async () => {
  const { vault, clock, kek } = await appRole()
  await kek.connect()
  await clock.asleep()
  vault.faults.add({ fault: { kind: 'unavailable' }, operations: [renewal], times: 1 })
  clock.move(40_000)
  await clock.asleep()
  const renewed = called(vault, renewal)
  clock.move(10_000)
  await renewed
  expect(vault.calls.count(login)).toBe(1)
})

test('renewals that fail until the token ends stop, and the next call logs in', async () => {
  const { vault, clock, kek } = await appRole()
  await kek.connect()
  const down = vault.faults.add({ fault: { kind: 'reset' }, operations: [renewal] })
  while (vault.calls.count(renewal) < 3) {
    await clock.asleep()
    clock.move(clock.sleeps.at(-1) ?? 0)
    await Promise.race([called(vault, renewal), clock.asleep()])
  }
  await clock.asleep()
  clock.move(60_000)
  down()
  await wrapped(kek)
  expect(vault.calls.count(login)).toBe(2)
})

test('a token that has ended is replaced at the first 403, once for all calls that met it', async () => {
  const { vault, kek } = await appRole()
  await wrapped(kek)
  vault.forgetTokens()
  const slots = await Promise.all(Array.from({ length: 20 }, () => wrapped(kek)))
  expect(slots).toHaveLength(20)
  expect(vault.calls.count(login)).toBe(2)
})

test('a login that no longer works is unauthenticated, after one try', async () => {
  const { vault, kek } = await appRole()
  await wrapped(kek)
  vault.forgetTokens()
  vault.faults.add({ fault: { kind: 'unauthenticated' }, operations: [login] })
  await expect(wrapped(kek)).rejects.toMatchObject({ code: 'unauthenticated' })
  expect(vault.calls.count(login)).toBe(2)
})

test('a policy that refuses is access-denied, and no reason to log in', async () => {
  const { vault, kek } = await appRole()
  await wrapped(kek)
  vault.faults.add({ fault: { kind: 'deny' }, operations: ['update transit/encrypt/aead'] })
  await expect(wrapped(kek)).rejects.toMatchObject({ code: 'access-denied' })
  expect(vault.calls.count(login)).toBe(1)
})

test('an AppRole with another secret is unauthenticated', async () => {
  const { vault, auth } = await appRole()
  const kek = vault.kek({ auth: { ...auth, secretId: () => 'another' } })
  await expect(kek.connect()).rejects.toMatchObject({ code: 'unauthenticated' })
})

test('a given token that Vault revoked is unauthenticated', async () => {
  const vault = await runningVault()
  const token = await vault.issueToken('path "transit/*" { capabilities = ["read", "update"] }')
  const kek = vault.kek({ auth: { method: 'token', token } })
  await wrapped(kek)
  vault.forgetTokens()
  await expect(wrapped(kek)).rejects.toMatchObject({ code: 'unauthenticated' })
})

test('a token that comes from elsewhere is fetched again when it is no longer accepted', async () => {
  const vault = await runningVault()
  const policy = 'path "transit/*" { capabilities = ["read", "update"] }'
  let token = await vault.issueToken(policy)
  const kek = vault.kek({ auth: { method: 'token', token: () => token } })
  await wrapped(kek)
  vault.forgetTokens()
  token = await vault.issueToken(policy)
  await wrapped(kek)
})

test('a token without the right to look at itself works, and is not renewed', async () => {
  const vault = await runningVault()
  const clock = new TestClock()
  const token = await vault.issueToken('path "transit/*" { capabilities = ["read", "update"] }')
  vault.faults.add({ fault: { kind: 'deny' }, operations: ['read auth/token/lookup-self'] })
  await wrapped(vault.kek({ auth: { method: 'token', token }, clock }))
  expect(clock.sleeping).toBe(0)
})

test('a given token is renewed too', async () => {
  const clock = new TestClock()
  const vault = await runningVault({ now: () => new Date(start + clock.now()) })
  const token = await vault.issueToken('path "transit/*" { capabilities = ["read", "update"] }')
  const kek = vault.kek({ auth: { method: 'token', token }, clock })
  await kek.connect()
  await clock.asleep()
  const renewed = called(vault, renewal)
  clock.move(clock.sleeps.at(-1) ?? 0)
  await renewed
})

test('a token that fits no header is a matter of configuration, and stays out of the error', async () => {
  const vault = await runningVault()
  const kek = vault.kek({ auth: { method: 'token', token: 'planted\ntoken' } })
  const error: unknown = await kek.connect().catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ code: 'configuration' })
  expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('planted')
})

test('the root token, which never ends, is left alone', async () => {
  const vault = await runningVault()
  const clock = new TestClock()
  await vault.kek({ clock }).connect()
  expect(clock.sleeping).toBe(0)
})

test('closing a KEK ends its renewal', async () => {
  const { vault, clock, kek } = await appRole()
  await kek.connect()
  await clock.asleep()
  await kek.close()
  expect(clock.sleeping).toBe(0)
  clock.move(86_400_000)
  expect(vault.calls.count(renewal)).toBe(0)
})

test('a KEK that nobody closes keeps no process alive, with a token to renew and a connection to keep', async () => {
  const vault = await runningVault()
  const token = await vault.issueToken('path "transit/*" { capabilities = ["read", "update"] }')
  const script = join(import.meta.dirname, 'leave-open.ts')
  const env = { ...process.env, VAULT_ADDR: vault.url, VAULT_TOKEN: token }
  const { stdout } = await promisify(execFile)(process.execPath, [script], { env })
  expect(stdout.trim()).toBe('connected')
})

test('a connection that fails after its login leaves no renewal behind', async () => {
  const { vault, clock, auth } = await appRole()
  await expect(vault.kek({ key: 'missing', auth, clock }).connect()).rejects.toMatchObject({
    code: 'key-not-found',
  })
  expect(clock.sleeping).toBe(0)
})

test('a service account of Kubernetes logs in with the token in its file', async () => {
  const vault = await runningVault()
  await vault.admin('PUT', 'sys/policies/acl/user', {
    policy: 'path "transit/*" { capabilities = ["read", "update"] }',
  })
  const bound = {
    bound_service_account_names: 'app',
    bound_service_account_namespaces: 'shop',
    token_policies: 'user',
  }
  await vault.admin('POST', 'auth/kubernetes/role/app', bound)
  const folder = await temporaryFolder()
  const jwtOf = (name: string): string => {
    const claims = { sub: `system:serviceaccount:shop:${name}` }
    return `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2ln`
  }
  const tokenFile = join(folder, 'token')
  await writeFile(tokenFile, `${jwtOf('app')}\n`)
  const auth = { method: 'kubernetes', role: 'app', tokenFile } as const
  await wrapped(vault.kek({ auth }))
  await writeFile(tokenFile, jwtOf('another'))
  await expect(vault.kek({ auth }).connect()).rejects.toMatchObject({ code: 'unauthenticated' })
})

test('the token is read from VAULT_TOKEN, else from the file that vault login writes', async () => {
  const vault = await runningVault()
  const home = await temporaryFolder()
  vi.stubEnv('HOME', home)
  vi.stubEnv('VAULT_ADDR', vault.url)
  vi.stubEnv('VAULT_TOKEN', undefined)
  vi.stubEnv('BAO_TOKEN', undefined)
  await expect(vault.kek({ auth: undefined }).connect()).rejects.toMatchObject({ code: 'unauthenticated' })
  await writeFile(join(home, '.vault-token'), `${vault.rootToken}\n`)
  await wrapped(vault.kek({ auth: undefined }))
  vi.stubEnv('VAULT_TOKEN', 'another')
  await expect(vault.kek({ auth: undefined }).connect()).rejects.toMatchObject({ code: 'unauthenticated' })
})

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'keywright-vault-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  return folder
}
