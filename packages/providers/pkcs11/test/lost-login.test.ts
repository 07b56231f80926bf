import { readdirSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { startBackend } from '@keywright/backends'
import type { Kek } from '@keywright/core'
import { describe, expect, test } from 'vitest'
import { pkcs11js } from '../conformance/token-admin.ts'
import type { Cryptoki, Pkcs11Options } from '../src/index.ts'
import { closedKeks } from './closed-keks.ts'
import { contextOf, dataKey, wrapSlot } from './key-context.ts'
import { recordingClient } from './recording-client.ts'

const softhsm = await startBackend('softhsm')
const context = contextOf('a')

// Nobody but the KEK is logged in: the key is the one that the backend made.
describe.runIf(softhsm !== undefined)('a log-in that is lost', () => {
  const { environment = {} } = softhsm ?? {}
  const { KEYWRIGHT_PKCS11_MODULE: modulePath = '', KEYWRIGHT_PKCS11_PIN: pin = '' } = environment
  const newClient = (): InstanceType<typeof pkcs11js.PKCS11> => {
    process.env['SOFTHSM2_CONF'] = environment['SOFTHSM2_CONF']
    const client = new pkcs11js.PKCS11()
    client.load(modulePath)
    return client
  }
  const other = newClient()
  const seeded = closedKeks({ token: 'keywright', pin, worker: 'never', modulePath })
  const kekOf = (options: Partial<Pkcs11Options> = {}): Kek => seeded('seeded', options)
  const slotOf = (): Buffer => {
    const [slot] = other.C_GetSlotList(true)
    if (slot === undefined) throw new Error('There is no token.')
    return slot
  }
  const logOut = (): void => {
    const session = other.C_OpenSession(slotOf(), pkcs11js.CKF_SERIAL_SESSION)
    other.C_Logout(session)
    other.C_CloseSession(session)
  }

  test('where somebody logged out, the KEK logs in again and is not told destroyed', async () => {
    const kek = kekOf()
    const slot = await wrapSlot(kek, dataKey, context)
    await kek.unwrapKey({ ...slot, context })
    logOut()
    expect((await kek.unwrapKey({ ...slot, context })).dataKey.length).toBe(32)
    logOut()
    expect((await wrapSlot(kek, dataKey, context)).keyVersion).toBe(slot.keyVersion)
    logOut()
    expect(await kek.describeKey()).toMatchObject({ currentVersion: slot.keyVersion })
  })

  // Before any test with a client of its own: that one's module is nobody's to start anew.
  test.each(['all tokens', 'this token'])(
    'a token that is away is unavailable, and opens when it is back: %s',
    async (what) => {
      const kek = kekOf()
      const slot = await wrapSlot(kek, dataKey, context)
      const { length: searched } = (await kek.unwrapKey({ ...slot, context })).dataKey
      expect(searched).toBe(32)
      const configuration = readFileSync(environment['SOFTHSM2_CONF'] ?? '', 'utf8')
      const tokens = /tokendir = (.*)/.exec(configuration)?.[1] ?? ''
      const folder = what === 'all tokens' ? tokens : join(tokens, readdirSync(tokens)[0] ?? '')
      const elsewhere = `${tokens}-elsewhere`
      renameSync(folder, elsewhere)
      try {
        for (const work of [
          () => kek.unwrapKey({ ...slot, context }),
          () => kek.wrapKey({ dataKey, context }),
          () => kek.describeKey(),
          () => kek.unwrapKey({ ...slot, context }),
        ]) {
          await expect(work()).rejects.toMatchObject({ code: 'unavailable' })
        }
      } finally {
        renameSync(elsewhere, folder)
      }
      expect((await kek.unwrapKey({ ...slot, context })).dataKey.length).toBe(32)
      expect((await wrapSlot(kek, dataKey, context)).keyVersion).toBe(slot.keyVersion)
    },
  )

  test('many who are logged out at once log in once', async () => {
    const { client, count } = recordingClient(newClient())
    const kek = kekOf({ client })
    const slot = await wrapSlot(kek, dataKey, context)
    await Promise.all(Array.from({ length: 8 }, () => kek.unwrapKey({ ...slot, context })))
    logOut()
    const opened = await Promise.all(Array.from({ length: 8 }, () => kek.unwrapKey({ ...slot, context })))
    expect(opened.every(({ dataKey: { length } }) => length === 32)).toBe(true)
    expect(count('C_Login')).toBe(2)
  })

  test('a PIN that is refused at the next log-in is not tried again, and another one is', async () => {
    let refuse = false
    const { client, count } = recordingClient(newClient(), ({ name, args }, really) => {
      if (name !== 'C_Login') return really()
      if (args[2] === 'changed') return other.C_Login(args[0] as Buffer, pkcs11js.CKU_USER, pin)
      if (refuse) throw new pkcs11js.Pkcs11Error('', pkcs11js.CKR_PIN_INCORRECT)
      return really()
    })
    let asked = pin
    const kek = kekOf({ client: client as Cryptoki, pin: () => asked })
    const slot = await wrapSlot(kek, dataKey, context)
    await kek.unwrapKey({ ...slot, context })
    other.C_CloseAllSessions(slotOf())
    refuse = true
    for (let round = 0; round < 3; round++) {
      await expect(kek.unwrapKey({ ...slot, context })).rejects.toMatchObject({ code: 'unauthenticated' })
      await expect(kek.wrapKey({ dataKey, context })).rejects.toMatchObject({ code: 'unauthenticated' })
    }
    expect(count('C_Login')).toBe(2)
    asked = 'changed'
    expect((await kek.unwrapKey({ ...slot, context })).dataKey.length).toBe(32)
    expect(count('C_Login')).toBe(3)
  })
})
