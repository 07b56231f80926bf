import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { KeyClient } from '@azure/keyvault-keys'
import { testClock } from '@keywright/backends/test-clock'
import { expect, onTestFinished, test } from 'vitest'
import { unhurried } from '../src/connect-azure.ts'
import { azureKeyVault } from '../src/index.ts'
import { azureScene, failureOf, wrapped } from './azure-scene.ts'

test('a look at the key that gets no answer costs its caller one try: the next tries connect anew', async () => {
  const { emulator, kek: kekOf, close } = await azureScene('RSA')
  onTestFinished(close)
  const clock = testClock()
  const kek = kekOf({ resilience: { clock, tryTimeoutMs: 2_500, random: () => 0.5 } })
  emulator.faults.add({ fault: { kind: 'stall' }, operations: ['getKey'], times: 1 })
  const silence = new Promise<void>((resolve) => {
    const end = emulator.calls.listen(({ operation }) => {
      if (operation !== 'getKey') return
      end()
      resolve()
    })
  })
  emulator.calls.clear()
  const slot = wrapped(kek)
  await silence
  clock.move(2_500)
  await clock.asleep(100)
  clock.move(100)
  expect((await slot).wrapped.length).toBe(256)
  await wrapped(kek)
  expect([emulator.calls.count('getKey'), emulator.calls.count('wrapKey')]).toEqual([2, 2])
  await kek.close()
})

test('a token that never comes is waited for by those who ask in ten seconds: the next ask anew', async () => {
  const clock = testClock()
  const asked: PromiseWithResolvers<{ token: string; expiresOnTimestamp: number }>[] = []
  const credential = unhurried({
    getToken: () => {
      const next = Promise.withResolvers<{ token: string; expiresOnTimestamp: number }>()
      asked.push(next)
      return next.promise
    },
  })
  const [first, beside] = [credential.getToken('scope'), credential.getToken('scope')]
  clock.move(9_999)
  const late = credential.getToken('scope')
  clock.move(1)
  const anew = credential.getToken('scope')
  expect(asked.length).toBe(2)
  asked[0]?.resolve({ token: 'old', expiresOnTimestamp: 0 })
  expect((await Promise.all([first, beside, late])).map((token) => token?.token)).toEqual([
    'old',
    'old',
    'old',
  ])
  // What ended has not put an end to what was begun after it.
  const joined = credential.getToken('scope')
  asked[1]?.resolve({ token: 'new', expiresOnTimestamp: 0 })
  expect((await Promise.all([anew, joined])).map((token) => token?.token)).toEqual(['new', 'new'])
  expect(asked.length).toBe(2)
})

test('a KEK whose connection gets no answer closes, and the request ends on the wire', async () => {
  const asked = Promise.withResolvers<unknown>()
  const ended = Promise.withResolvers<void>()
  const server = createServer((request) => {
    asked.resolve(request.url)
    request.socket.once('close', () => ended.resolve())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const credential = { getToken: async () => ({ token: 'a', expiresOnTimestamp: Date.now() + 3_600_000 }) }
  const keys = new KeyClient(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, credential, {
    retryOptions: { maxRetries: 0 },
    disableChallengeResourceVerification: true,
    ...{ allowInsecureConnection: true },
  })
  const client = { keys, cryptography: () => expect.fail('nothing is wrapped here') }
  const kek = azureKeyVault({ key: 'contoso.vault.azure.net/keys/orders', client, resilience: false })
  const connected = failureOf(kek.connect())
  expect(await asked.promise).toMatch(/^\/keys\/orders\//)
  await kek.close()
  expect((await connected).code).toBe('configuration')
  // Without the signal in the library, the request would wait on: the test ends by its time limit.
  await ended.promise
})
