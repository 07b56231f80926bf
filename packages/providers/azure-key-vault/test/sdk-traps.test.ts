import { CryptographyClient } from '@azure/keyvault-keys'
import { testClock } from '@keywright/backends/test-clock'
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { type AzureScene, azureScene, dataKey, failureOf, wrapped } from './azure-scene.ts'

// Each trap of the service's own client, shown with that client, and that this provider is not in it. When the first
// half of a pair fails after an update, the client has changed for the better.

let scene: AzureScene

async function on(type: 'RSA' | 'oct-HSM'): Promise<AzureScene> {
  scene = await azureScene(type)
  return scene
}

afterEach(() => scene.close())

/** A date that is reached by {@link passExpiry}; until then the key is good. */
function soon(): Date {
  vi.useFakeTimers({ toFake: ['Date'] })
  onTestFinished(() => void vi.useRealTimers())
  return new Date(Date.now() + 60_000)
}

/** Moves the machine's date, the library's and the emulator's with it. */
const passExpiry = (): unknown => vi.setSystemTime(Date.now() + 61_000)

describe('1: the client names the version that it read first, whichever wrapped', () => {
  test('its answer after a rotation names the old version, under which nothing unwraps', async () => {
    const { keys, sdkClient } = await on('RSA')
    const client = sdkClient()
    const first = await client.wrapKey('RSA-OAEP-256', dataKey)
    await keys.rotateKey('orders')
    const second = await client.wrapKey('RSA-OAEP-256', dataKey)
    expect(second.keyID).toBe(first.keyID)
    const version = second.keyID?.split('/').at(-1)
    await expect(sdkClient(version).unwrapKey('RSA-OAEP-256', second.result)).rejects.toMatchObject({
      statusCode: 400,
    })
  })

  test('the KEK tells the version of the answer itself, and unwraps what it wrapped', async () => {
    const { keys, kek } = await on('RSA')
    const key = kek()
    const first = await wrapped(key)
    const { properties } = await keys.rotateKey('orders')
    const second = await wrapped(key)
    expect(second.keyVersion).toBe(properties.version)
    expect(second.keyVersion).not.toBe(first.keyVersion)
    for (const slot of [first, second]) expect((await key.unwrapKey(slot)).dataKey).toEqual(dataKey)
  })

  test('without the permission to read the key, the client names no version at all', async () => {
    const { emulator, sdkClient } = await on('RSA')
    emulator.grants.limit('emulator', ['Microsoft.KeyVault/vaults/keys/wrap/action'])
    const { keyID } = await sdkClient().wrapKey('RSA-OAEP-256', dataKey)
    expect(keyID).toBe(`${emulator.url}/keys/orders`)
  })

  test('without it, the KEK tells the version all the same', async () => {
    const { emulator, keys, kek } = await on('RSA')
    const { properties } = await keys.getKey('orders')
    emulator.grants.limit('emulator', ['Microsoft.KeyVault/vaults/keys/wrap/action'])
    expect((await wrapped(kek({ algorithm: 'RSA-OAEP-256' }))).keyVersion).toBe(properties.version)
  })
})

describe('2: the client wraps by itself with RSA-OAEP', () => {
  test('a wrap makes no request, and a disabled key wraps on', async () => {
    const { emulator, keys, sdkClient } = await on('RSA')
    const client = sdkClient()
    await client.wrapKey('RSA-OAEP', dataKey)
    const before = emulator.calls.count()
    await client.wrapKey('RSA-OAEP', dataKey)
    expect([emulator.calls.count('wrapKey'), emulator.calls.count()]).toEqual([0, before])
    await keys.updateKeyProperties('orders', { enabled: false })
    await client.wrapKey('RSA-OAEP', dataKey)
  })

  test('each wrap of the KEK is one request, and a disabled key refuses it', async () => {
    const { emulator, keys, kek } = await on('RSA')
    const key = kek()
    await wrapped(key)
    await wrapped(key)
    expect(emulator.calls.count('wrapKey')).toBe(2)
    await keys.updateKeyProperties('orders', { enabled: false })
    expect((await failureOf(wrapped(key))).code).toBe('key-disabled')
  })
})

describe('3: the client reads the key before its first operation', () => {
  test('the first unwrap asks for the key', async () => {
    const { emulator, keys, sdkClient } = await on('RSA')
    const { properties } = await keys.getKey('orders')
    const { result } = await sdkClient().wrapKey('RSA-OAEP-256', dataKey)
    emulator.calls.clear()
    await sdkClient(properties.version).unwrapKey('RSA-OAEP-256', result)
    expect(emulator.calls.operations()).toEqual(['challenge', 'getKey', 'unwrapKey'])
  })

  test('the KEK reads it once, when it connects, and never where the algorithm is given', async () => {
    const { emulator, kek } = await on('RSA')
    const key = kek()
    await key.unwrapKey(await wrapped(key))
    expect(emulator.calls.count('getKey')).toBe(1)
    emulator.calls.clear()
    const told = kek({ algorithm: 'RSA-OAEP-256' })
    await told.unwrapKey(await wrapped(told))
    expect(emulator.calls.operations()).toEqual(['challenge', 'unwrapKey', 'wrapKey'])
  })
})

describe('4: the client does not unwrap under an expired key, and the service does', () => {
  test('the client refuses without a request', async () => {
    const { emulator, keys, sdkClient } = await on('RSA')
    await keys.updateKeyProperties('orders', { expiresOn: soon() })
    const { result } = await sdkClient().wrapKey('RSA-OAEP-256', dataKey)
    passExpiry()
    await expect(sdkClient().unwrapKey('RSA-OAEP-256', result)).rejects.toThrow('expired at')
    expect(emulator.calls.count('unwrapKey')).toBe(0)
  })

  test.each(['RSA', 'oct-HSM'] as const)(
    'the KEK unwraps under an expired %s key, and does not wrap',
    async (type) => {
      const { keys, kek } = await on(type)
      const key = kek()
      await keys.updateKeyProperties('orders', { expiresOn: soon() })
      const slot = await wrapped(key)
      expect((await key.describeKey()).state).toBe('enabled')
      passExpiry()
      expect((await key.unwrapKey(slot)).dataKey).toEqual(dataKey)
      expect((await failureOf(wrapped(key))).code).toBe('key-disabled')
      expect((await key.describeKey()).state).toBe('disabled')
    },
  )
})

describe('5: the client leaves out the iv of AES-CBC, which it says to draw', () => {
  test('the request has none, and the service refuses it', async () => {
    const { emulator, sdkClient } = await on('oct-HSM')
    const parameters = { algorithm: 'A256CBCPAD', plaintext: dataKey } as const
    await expect(sdkClient().encrypt(parameters)).rejects.toMatchObject({ statusCode: 400 })
    expect(emulator.calls.count('encrypt')).toBe(1)
  })

  test('the KEK uses A256GCM, whose iv the service draws, another each time', async () => {
    const { kek } = await on('oct-HSM')
    const key = kek()
    const [one, two] = [await wrapped(key), await wrapped(key)]
    expect(one.algorithm).toBe('azure.a256gcm')
    expect(one.wrapped.subarray(0, 12)).not.toEqual(two.wrapped.subarray(0, 12))
  })
})

describe('6: the client retries by rules of its own', () => {
  beforeEach(async () => void (await on('RSA')))

  test('a refusal for too many requests is tried again only if it has Retry-After', async () => {
    const { emulator, sdkClient } = scene
    const client = sdkClient()
    await client.wrapKey('RSA-OAEP-256', dataKey)
    emulator.calls.clear()
    const forget = emulator.faults.add({ fault: { kind: 'throttle' } })
    await expect(client.wrapKey('RSA-OAEP-256', dataKey)).rejects.toMatchObject({ statusCode: 429 })
    expect(emulator.calls.count('wrapKey')).toBe(1)
    forget()
    emulator.faults.add({ fault: { kind: 'throttle', retryAfterSeconds: 0 } })
    await expect(client.wrapKey('RSA-OAEP-256', dataKey)).rejects.toMatchObject({ statusCode: 429 })
    expect(emulator.calls.count('wrapKey')).toBe(5)
  })

  test.each([
    { kind: 'throttle' },
    { kind: 'throttle', retryAfterSeconds: 0 },
    { kind: 'unavailable' },
    { kind: 'reset' },
  ] as const)('the KEK tries once ($kind): the policy around it retries', async (fault) => {
    const { emulator, kek } = scene
    const key = kek()
    await wrapped(key)
    emulator.calls.clear()
    emulator.faults.add({ fault })
    await failureOf(wrapped(key))
    expect(emulator.calls.count()).toBe(1)
  })

  test('the policy retries a throttled wrap without Retry-After', async () => {
    const { emulator, kek } = scene
    const clock = testClock()
    const key = kek({ resilience: { clock, random: () => 0.99 } })
    await key.connect()
    emulator.faults.add({ fault: { kind: 'throttle' }, operations: ['wrapKey'], times: 2 })
    const slot = wrapped(key)
    // The longest pauses: up to 100 ms before the second try, and twice as long before the third.
    for (const pauseMs of [100, 200]) {
      await clock.asleep(pauseMs)
      clock.move(pauseMs)
    }
    await slot
    expect(emulator.calls.count('wrapKey')).toBe(3)
  })
})

describe("7: the client's error has the data key in its request", () => {
  test('the body of the request hangs on the error', async () => {
    const { clientOptions, credential, emulator } = await on('RSA')
    emulator.faults.add({ fault: { kind: 'throttle' }, operations: ['wrapKey'] })
    const client = new CryptographyClient(`${emulator.url}/keys/orders`, credential, clientOptions())
    const error: unknown = await client.wrapKey('RSA-OAEP-256', dataKey).catch((thrown: unknown) => thrown)
    const { request } = error as { request: { body: string } }
    expect(request.body).toContain(Buffer.from(dataKey).toString('base64url'))
  })

  test('the error of the KEK has neither request nor cause', async () => {
    const { emulator, kek } = await on('RSA')
    emulator.faults.add({ fault: { kind: 'throttle' }, operations: ['wrapKey'] })
    const error = await failureOf(wrapped(kek()))
    expect(Object.getOwnPropertyNames(error)).not.toContain('request')
    expect(error.cause).toBeUndefined()
    expect(error.details.requestId).toMatch(/^[0-9a-f-]{36}$/)
  })
})
