import { startBackend } from '@keywright/backends'
import { describe, expect, test } from 'vitest'
import { softHsmToken } from '../conformance/softhsm-token.ts'
import { pkcs11js } from '../conformance/token-admin.ts'
import { acquireModule, releaseModule } from '../src/module.ts'
import { closedKeks } from './closed-keks.ts'
import { contextOf, dataKey, wrapSlot } from './key-context.ts'
import { recordingClient } from './recording-client.ts'

const softhsm = await startBackend('softhsm')
const context = contextOf('a')

function refusal(rv: number): Error {
  return new pkcs11js.Pkcs11Error('', rv)
}

describe.runIf(softhsm !== undefined)('calls, sessions and handles', async () => {
  if (softhsm === undefined) return
  const { admin, pin } = await softHsmToken(softhsm)
  const kekOf = closedKeks({ token: admin.label, pin, client: admin.client })

  test.each([
    [undefined, undefined],
    ["configdir='/db'", "configdir='/db' "],
  ])('the module is told that threads use it, and its parameters whole: %s', async (parameters, told) => {
    const { client, calls } = recordingClient(admin.client, ({ name }, really) =>
      name === 'C_Initialize' ? undefined : really(),
    )
    const module = await acquireModule({ path: '', parameters, worker: 'never', client })
    await releaseModule(module)
    const given = calls.find(({ name }) => name === 'C_Initialize')?.args[0]
    // CKF_OS_LOCKING_OK; the client cuts the last character of the parameters off.
    expect(given).toEqual({ flags: 2, ...(told === undefined ? {} : { libraryParameters: told }) })
  })

  test('AES-KWP leaves no data key in a session that lives on', async () => {
    for (const label of ['kwp a', 'kwp b']) admin.createAes(label, '01')
    const { client, count } = recordingClient(admin.client)
    const kek = kekOf('kwp a', { client, algorithm: 'aes-kwp' })
    const slot = await wrapSlot(kek, dataKey, context)
    await kek.unwrapKey({ ...slot, context })
    const to = kekOf('kwp b', { client, algorithm: 'aes-kwp' })
    await to.connect()
    await to.rewrapKey({ ...slot, context })
    expect(count('C_UnwrapKeyAsync')).toBe(2)
    expect(count('C_DestroyObject')).toBe(count('C_CreateObject') + count('C_UnwrapKeyAsync'))
  })

  test('a device that fails while it decrypts is not a refused key: it does not answer a question either', async () => {
    admin.createAes('failing', '02')
    let failing = false
    const { client } = recordingClient(admin.client, ({ name }, really) => {
      if (!failing || (name !== 'C_DecryptAsync' && name !== 'C_GetTokenInfo')) return really()
      const error = refusal(pkcs11js.CKR_DEVICE_ERROR)
      if (name === 'C_DecryptAsync') return Promise.reject(error)
      throw error
    })
    const kek = kekOf('failing', { client })
    const slot = await wrapSlot(kek, dataKey, context)
    failing = true
    await expect(kek.unwrapKey({ ...slot, context })).rejects.toMatchObject({ code: 'unavailable' })
  })

  test('a device error of a token that answers is its refusal', async () => {
    admin.createAes('refusing', '03')
    const { client } = recordingClient(admin.client, ({ name }, really) =>
      name === 'C_DecryptAsync' ? Promise.reject(refusal(pkcs11js.CKR_DEVICE_ERROR)) : really(),
    )
    const kek = kekOf('refusing', { client })
    const slot = await wrapSlot(kek, dataKey, context)
    await expect(kek.unwrapKey({ ...slot, context })).rejects.toMatchObject({ code: 'unwrap-failed' })
  })

  test('a remembered handle that means another object by now is looked up anew', async () => {
    admin.createAes('reused', '04')
    let reused = false
    const { client, count } = recordingClient(admin.client, ({ name, args }, really) => {
      const asksLabel = (args[2] as { type: number }[] | undefined)?.[0]?.type === pkcs11js.CKA_LABEL
      if (!reused || name !== 'C_GetAttributeValue' || !asksLabel) return really()
      return [{ value: Buffer.from('another') }, { value: Buffer.from('04', 'hex') }]
    })
    const kek = kekOf('reused', { client, currentMaxAgeMs: 3_600_000 })
    await wrapSlot(kek, dataKey, context)
    const searches = count('C_FindObjectsInit')
    await wrapSlot(kek, dataKey, context)
    expect(count('C_FindObjectsInit')).toBe(searches)
    reused = true
    await wrapSlot(kek, dataKey, context)
    expect(count('C_FindObjectsInit')).toBe(searches + 1)
  })

  test('a rewrap inside the token outlives a log-out between its two look-ups', async () => {
    for (const label of ['moved from', 'moved to']) admin.createAes(label, '05')
    let logsOut = false
    const { client } = recordingClient(admin.client, ({ name }, really) => {
      if (name !== 'C_UnwrapKeyAsync' || !logsOut) return really()
      logsOut = false
      admin.client.C_Logout(admin.session)
      return really()
    })
    const slot = await wrapSlot(kekOf('moved from', { algorithm: 'aes-kwp' }), dataKey, context)
    const to = kekOf('moved to', { algorithm: 'aes-kwp', client })
    const { reference } = await to.connect()
    logsOut = true
    const { keyVersion = '', ...moved } = await to.rewrapKey({ ...slot, context })
    const { dataKey: opened } = await to.unwrapKey({ ...moved, keyVersion, reference, context })
    expect(Buffer.from(opened).equals(dataKey)).toBe(true)
  })

  test('what wraps is the newest version, however short ago another process made it', async () => {
    admin.createAes('rotated', '06')
    const kek = kekOf('rotated')
    expect((await wrapSlot(kek, dataKey, context)).keyVersion).toBe('06')
    admin.createAes('rotated', '07')
    expect((await wrapSlot(kek, dataKey, context)).keyVersion).toBe('07')
  })
})
