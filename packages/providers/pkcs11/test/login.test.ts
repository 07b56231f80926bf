import { startBackend } from '@keywright/backends'
import type { Kek } from '@keywright/core'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { pkcs11js } from '../conformance/token-admin.ts'
import type { Handle } from '../src/cryptoki.ts'
import { type Cryptoki, type Pkcs11Options, pkcs11 } from '../src/index.ts'
import { recordingClient } from './recording-client.ts'

const softhsm = await startBackend('softhsm')

// Nobody is logged in before these tests: the key is the one that the backend made.
describe.runIf(softhsm !== undefined)('the log-in', () => {
  const { environment = {} } = softhsm ?? {}
  const pin = environment['KEYWRIGHT_PKCS11_PIN'] ?? ''
  const newClient = (): Cryptoki => {
    process.env['SOFTHSM2_CONF'] = environment['SOFTHSM2_CONF']
    const client = new pkcs11js.PKCS11()
    client.load(environment['KEYWRIGHT_PKCS11_MODULE'] ?? '')
    return client
  }
  const slotOf = (client: Cryptoki): Handle => {
    const [slot] = client.C_GetSlotList(true)
    if (slot === undefined) throw new Error('There is no token.')
    return slot
  }
  const made: Kek[] = []
  const kekOf = (options: Partial<Pkcs11Options>): Kek => {
    const kek = pkcs11({ token: 'keywright', key: 'seeded', unprotectedKey: 'allow', ...options })
    made.push(kek)
    return kek
  }
  afterEach(async () => {
    for (const kek of made.splice(0)) await kek.close()
  })

  test('a wrong PIN is tried once and never again, whoever retries', async () => {
    const { client, count } = recordingClient(newClient())
    for (const kek of [kekOf({ client, pin: '0000-wrong' }), kekOf({ client, pin: '0000-wrong' })]) {
      await expect(kek.connect()).rejects.toMatchObject({ code: 'unauthenticated' })
      await expect(kek.connect()).rejects.toMatchObject({ code: 'unauthenticated' })
    }
    expect(count('C_Login')).toBe(1)
  })

  test('many who connect at once with a wrong PIN cost one try', async () => {
    const { client, count } = recordingClient(newClient())
    const keks = Array.from({ length: 8 }, () => kekOf({ client, pin: '0001-wrong' }))
    const results = await Promise.allSettled(keks.map((kek) => kek.connect()))
    expect(results.every(({ status }) => status === 'rejected')).toBe(true)
    expect(count('C_Login')).toBe(1)
  })

  test('the right PIN is asked for after a wrong one was refused', async () => {
    const { client } = recordingClient(newClient())
    const pins = ['0002-wrong', pin]
    const kek = kekOf({ client, pin: () => pins.shift() ?? pin, resilience: false })
    await expect(kek.connect()).rejects.toMatchObject({ code: 'unauthenticated' })
    expect((await kek.connect()).reference).toBe('token=keywright;object=seeded;type=secret-key')
  })

  test('whoever is asked for the PIN is asked once', async () => {
    const { client } = recordingClient(newClient())
    let asked = 0
    const kek = kekOf({ client, pin: async () => (++asked === 1 ? pin : 'asked too often') })
    await kek.connect()
    expect(asked).toBe(1)
  })

  test('several keys of a token log in once', async () => {
    const { client, count } = recordingClient(newClient())
    for (const kek of [kekOf({ client, pin }), kekOf({ client, pin })]) await kek.connect()
    expect(count('C_Login')).toBe(1)
  })

  test('another PIN than the one in use is not taken for right', async () => {
    const { client } = recordingClient(newClient())
    await kekOf({ client, pin }).connect()
    const other = kekOf({ client, pin: 'some other PIN' })
    await expect(other.connect()).rejects.toMatchObject({ code: 'configuration' })
  })

  test('a token that wants a PIN and gets none says so', async () => {
    const { client, count } = recordingClient(newClient())
    await expect(kekOf({ client }).connect()).rejects.toMatchObject({ code: 'unauthenticated' })
    expect(count('C_Login')).toBe(0)
  })

  test('a PIN that the token has locked is not tried', async () => {
    const { client, count } = recordingClient(newClient(), ({ name }, really) => {
      if (name !== 'C_GetTokenInfo') return really()
      const info = really() as { flags: number }
      return { ...info, flags: info.flags | pkcs11js.CKF_USER_PIN_LOCKED }
    })
    await expect(kekOf({ client, pin }).connect()).rejects.toMatchObject({ code: 'unauthenticated' })
    expect(count('C_Login')).toBe(0)
  })

  test('a PIN is not tried where one more wrong one locks the token', async () => {
    const { client, count } = recordingClient(newClient(), ({ name }, really) => {
      if (name !== 'C_GetTokenInfo') return really()
      const info = really() as { flags: number }
      return { ...info, flags: info.flags | pkcs11js.CKF_USER_PIN_FINAL_TRY }
    })
    await expect(kekOf({ client, pin }).connect()).rejects.toMatchObject({ code: 'unauthenticated' })
    expect(count('C_Login')).toBe(0)
  })

  test('a package that is installed twice tries a wrong PIN once', async () => {
    const { client, count } = recordingClient(newClient())
    await expect(kekOf({ client, pin: '0003-wrong' }).connect()).rejects.toMatchObject({
      code: 'unauthenticated',
    })
    vi.resetModules()
    const copy = await import('../src/index.ts')
    expect(copy.pkcs11).not.toBe(pkcs11)
    const again = copy.pkcs11({ token: 'keywright', key: 'seeded', client, pin: '0003-wrong' })
    made.push(again)
    await expect(again.connect()).rejects.toMatchObject({ code: 'unauthenticated' })
    expect(count('C_Login')).toBe(1)
  })

  test("where somebody else's log-in is used, no PIN is taken for the right one", async () => {
    const client = newClient()
    const first = kekOf({ client, pin })
    await first.connect()
    const session = client.C_OpenSession(slotOf(client), pkcs11js.CKF_SERIAL_SESSION)
    await first.close()
    const { client: another } = recordingClient(client)
    await kekOf({ client: another, pin: 'never looked at' }).connect()
    await kekOf({ client: another, pin }).connect()
    client.C_CloseSession(session)
  })

  test('two tokens with one label are ambiguous, and a serial chooses', async () => {
    const client = newClient()
    const twice = recordingClient(client, ({ name, args }, really) => {
      if (name === 'C_GetSlotList') return [...(really() as unknown[]), Buffer.alloc(8, 255)]
      if (name !== 'C_GetTokenInfo' || (args[0] as Buffer)[7] !== 255) return really()
      const flags = pkcs11js.CKF_TOKEN_INITIALIZED
      return { label: 'keywright', serialNumber: 'another', manufacturerID: '', model: '', flags }
    })
    const ambiguous = kekOf({ client: twice.client, pin })
    await expect(ambiguous.connect()).rejects.toMatchObject({ code: 'configuration' })
    const serial = client.C_GetTokenInfo(slotOf(client)).serialNumber.trim()
    const chosen = kekOf({ client: twice.client, pin, serial })
    const { reference } = await chosen.connect()
    expect(reference).toBe(`token=keywright;serial=${serial};object=seeded;type=secret-key`)
  })
})
