import { type Kek, provider } from '@keywright/core'
import type { WithResilience } from '@keywright/resilience'
import { expect, onTestFinished, test } from 'vitest'
import { VaultSession } from '../src/client/vault-session.ts'
import { connectTransit } from '../src/connect-transit.ts'
import { classifyVaultError } from '../src/error-codes.ts'
import type { VaultClient, VaultTransitOptions } from '../src/index.ts'
import { optionsOfReference, vaultKey } from '../src/vault-address.ts'
import { otherContext, type RunningVault, runningVault, wrapped } from './running-vault.ts'
import { TestClock } from './test-clock.ts'

type Options = WithResilience<VaultTransitOptions>

const tryTimeoutMs = 500

/** KEKs that know the policy's times and go without the policy: nothing else ends a call. */
const bare = provider<Options>({
  scheme: 'vault-transit',
  parseUri: ({ reference }) => optionsOfReference(reference),
  describeOptions: (options) => vaultKey(options).reference,
  connect: (options, call) => connectTransit(options, vaultKey(options), call),
  classify: classifyVaultError,
})

interface Scene {
  readonly vault: RunningVault
  readonly clock: TestClock
  readonly kek: Kek
}

async function scene(own: Partial<Options> = {}): Promise<Scene> {
  const vault = await runningVault()
  const clock = new TestClock()
  const auth = { method: 'token', token: vault.rootToken } as const
  const options = { key: 'aead', address: vault.url, namespace: '', auth, ...own }
  const kek = bare({ ...options, resilience: { tryTimeoutMs, clock } })
  onTestFinished(() => kek.close())
  await kek.connect()
  return { vault, clock, kek }
}

/** Settles when a call of this kind meets a server that says nothing. */
function stalled({ calls, faults }: RunningVault, operation: string): Promise<void> {
  faults.add({ fault: { kind: 'stall' }, operations: [operation], times: 1 })
  return new Promise((resolve) => {
    const end = calls.listen((call) => {
      if (call.operation !== operation) return
      end()
      resolve()
    })
  })
}

test('a proof that gets no answer ends with one try, and the next wrap proves anew', async () => {
  const { vault, clock, kek } = await scene()
  const silence = stalled(vault, 'update transit/encrypt/aead')
  const first = expect(wrapped(kek)).rejects.toMatchObject({ code: 'timeout' })
  const beside = expect(wrapped(kek)).rejects.toMatchObject({ code: 'timeout' })
  await silence
  clock.move(tryTimeoutMs)
  await Promise.all([first, beside])
  await wrapped(kek)
  expect(clock.sleeping).toBe(0)
})

test('a proof of unwrapping that gets no answer ends with one try, and the next unwrap proves anew', async () => {
  const { vault, clock, kek } = await scene()
  const slot = await wrapped(kek)
  const decrypt = 'update transit/decrypt/aead'
  const opened = new Promise<void>((resolve) => {
    const end = vault.calls.listen((call) => {
      if (call.operation !== decrypt) return
      end()
      resolve()
    })
  })
  const silence = opened.then(() => stalled(vault, decrypt))
  const first = expect(kek.unwrapKey(slot)).rejects.toMatchObject({ code: 'timeout' })
  await silence
  clock.move(tryTimeoutMs)
  await first
  expect((await kek.unwrapKey(slot)).dataKey).toHaveLength(32)
  await expect(kek.unwrapKey({ ...slot, context: otherContext })).rejects.toMatchObject({
    code: 'unwrap-failed',
  })
})

test('a batch of rewraps that gets no answer ends with one try', async () => {
  const { vault, clock, kek } = await scene({ key: 'derived' })
  const slot = await wrapped(kek)
  const silence = stalled(vault, 'update transit/rewrap/derived')
  const first = expect(kek.rewrapKey(slot)).rejects.toMatchObject({ code: 'timeout' })
  await silence
  clock.move(tryTimeoutMs)
  await first
  expect((await kek.rewrapKey(slot)).keyVersion).toBe('1')
})

test('a second login that gets no answer ends with one try, and the next call logs in anew', async () => {
  const vault = await runningVault()
  const policy = 'path "transit/*" { capabilities = ["read", "update"] }'
  let token = await vault.issueToken(policy)
  const fetching = Promise.withResolvers<void>()
  const late = Promise.withResolvers<string>()
  let isSlow = false
  const auth = {
    method: 'token',
    token: () => {
      if (!isSlow) return token
      fetching.resolve()
      return late.promise
    },
  } as const
  const clock = new TestClock()
  const options = { key: 'derived', address: vault.url, namespace: '', auth }
  const kek = bare({ ...options, resilience: { tryTimeoutMs, clock } })
  onTestFinished(() => kek.close())
  await wrapped(kek)
  vault.forgetTokens()
  token = await vault.issueToken(policy)
  isSlow = true
  const first = expect(wrapped(kek)).rejects.toMatchObject({ code: 'timeout' })
  await fetching.promise
  clock.move(tryTimeoutMs)
  await first
  isSlow = false
  await wrapped(kek)
  // What comes at last is too late to replace the token that is in use.
  vault.calls.clear()
  late.resolve('late')
  await wrapped(kek)
  expect(vault.calls.latest.filter(({ status }) => status === 403)).toEqual([])
})

/** A client whose calls to these paths are answered by nobody, until their signal ends them. */
function silentClient(silent: RegExp): {
  client: VaultClient
  signals: AbortSignal[]
  reached: Promise<void>
} {
  const auth = { client_token: 'a', lease_duration: 60, renewable: true }
  const reached = Promise.withResolvers<void>()
  const signals: AbortSignal[] = []
  const ask = (path: string, { signal }: { signal?: AbortSignal | undefined } = {}): Promise<unknown> => {
    if (!silent.test(path)) return Promise.resolve({ auth })
    return new Promise((_, reject) => {
      if (signal === undefined) return
      signals.push(signal)
      reached.resolve()
      signal.addEventListener('abort', () => reject(Object.assign(new Error(), { code: 'aborted' })))
    })
  }
  const client = {
    endpoint: 'https://vault.example',
    token: '',
    read: ask,
    write: (path: string, _: object, options?: object) => ask(path, options),
  }
  return { client, signals, reached: reached.promise }
}

const appRole = { method: 'approle', roleId: 'r', secretId: 's' } as const

test('the limit of a login ends its request', async () => {
  const { client, signals } = silentClient(/login/)
  const clock = new TestClock()
  const session = new VaultSession(client, appRole, { limit: { ms: tryTimeoutMs, clock } })
  const login = expect(session.login()).rejects.toMatchObject({ code: 'ETIMEDOUT' })
  await clock.asleep()
  clock.move(tryTimeoutMs)
  await login
  expect(signals.map(({ aborted }) => aborted)).toEqual([true])
})

test('the signal of a connection ends its login, which has no other limit', async () => {
  const { client, reached } = silentClient(/login/)
  const clock = new TestClock()
  const session = new VaultSession(client, appRole, { limit: { ms: tryTimeoutMs, clock } })
  const controller = new AbortController()
  const login = expect(session.login(controller.signal)).rejects.toMatchObject({ code: 'aborted' })
  await reached
  expect(clock.sleeping).toBe(0)
  controller.abort()
  await login
})

test('the signal of a connection ends the reading of its key', async () => {
  const vault = await runningVault()
  const auth = { method: 'token', token: vault.rootToken } as const
  const options = { key: 'aead', address: vault.url, namespace: '', auth }
  const controller = new AbortController()
  const silence = stalled(vault, 'read transit/keys/aead')
  const connecting = connectTransit(options, vaultKey(options), { signal: controller.signal })
  const refused = expect(connecting).rejects.toMatchObject({ code: 'aborted' })
  await silence
  controller.abort()
  await refused
})

test('a renewal that gets no answer ends with one try', async () => {
  const { client, signals, reached } = silentClient(/renew/)
  const [clock, limits] = [new TestClock(), new TestClock()]
  const session = new VaultSession(client, appRole, { clock, limit: { ms: tryTimeoutMs, clock: limits } })
  onTestFinished(() => session.close())
  await session.login()
  await clock.asleep()
  clock.move(40_000)
  await reached
  limits.move(tryTimeoutMs)
  await clock.asleep()
  expect(signals.map(({ aborted }) => aborted)).toEqual([true])
})
