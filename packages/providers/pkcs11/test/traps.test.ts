import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { startBackend } from '@keywright/backends'
import { describe, expect, test } from 'vitest'
import { softHsmToken } from '../conformance/softhsm-token.ts'
import { pkcs11js } from '../conformance/token-admin.ts'
import type { Pkcs11Warning } from '../src/index.ts'
import { WrapCounter, wrapCounters } from '../src/wrap-count.ts'
import { closedKeks } from './closed-keks.ts'
import { contextOf, dataKey, wrapSlot } from './key-context.ts'
import { recordingClient } from './recording-client.ts'

const softhsm = await startBackend('softhsm')
const context = contextOf('a')
const wrongContext = contextOf('b')

describe.runIf(softhsm !== undefined)('on SoftHSM', async () => {
  if (softhsm === undefined) return
  const { admin, pin, module } = await softHsmToken(softhsm)
  const kekOf = closedKeks({ token: admin.label, pin, worker: 'never', modulePath: module })
  /** A key whose bytes the test knows. */
  const importAes = (label: string, id: string): Buffer => {
    const value = randomBytes(32)
    const { CKA_CLASS, CKA_DECRYPT, CKA_ENCRYPT, CKA_ID, CKA_KEY_TYPE, CKA_LABEL } = pkcs11js
    const { CKA_TOKEN, CKA_UNWRAP, CKA_VALUE, CKA_WRAP } = pkcs11js
    admin.client.C_CreateObject(admin.session, [
      { type: CKA_CLASS, value: pkcs11js.CKO_SECRET_KEY },
      { type: CKA_KEY_TYPE, value: pkcs11js.CKK_AES },
      { type: CKA_TOKEN, value: true },
      { type: CKA_LABEL, value: label },
      { type: CKA_ID, value: Buffer.from(id, 'hex') },
      { type: CKA_VALUE, value },
      { type: pkcs11js.CKA_SENSITIVE, value: true },
      { type: pkcs11js.CKA_EXTRACTABLE, value: false },
      ...[CKA_ENCRYPT, CKA_DECRYPT, CKA_WRAP, CKA_UNWRAP].map((type) => ({ type, value: true })),
    ])
    return value
  }

  test('a wrapped key has a tag of 128 bits over the digest of its context: node:crypto opens it', async () => {
    const kek = importAes('known gcm', '01')
    const { wrapped } = await wrapSlot(kekOf('known gcm'), dataKey, context)
    expect(wrapped.length).toBe(60)
    const decipher = createDecipheriv('aes-256-gcm', kek, wrapped.subarray(0, 12), { authTagLength: 16 })
    decipher.setAAD(context.digest).setAuthTag(wrapped.subarray(-16))
    const opened = Buffer.concat([decipher.update(wrapped.subarray(12, -16)), decipher.final()])
    expect(opened.equals(dataKey)).toBe(true)
  })

  test('AES-KWP is RFC 5649 whatever number the token has it under: node:crypto makes the same bytes', async () => {
    const kek = importAes('known kwp', '02')
    const { wrapped } = await wrapSlot(kekOf('known kwp', { algorithm: 'aes-kwp' }), dataKey, context)
    const cipher = createCipheriv('id-aes256-wrap-pad', kek, Buffer.from('a65959a6', 'hex'))
    expect(Buffer.concat([cipher.update(dataKey), cipher.final()]).equals(wrapped)).toBe(true)
  })

  test('AES-GCM has the parameters of 2.40, with the length of the nonce and of the tag said', async () => {
    admin.createAes('parameters', '0003')
    const { client, calls } = recordingClient(admin.client)
    await wrapSlot(kekOf('parameters', { client }), dataKey, context)
    const init = calls.find(({ name }) => name === 'C_EncryptInit')
    expect(init?.args[1]).toMatchObject({
      mechanism: 0x1087,
      parameter: { type: pkcs11js.CK_PARAMS_AES_GCM_v240, ivBits: 96, tagBits: 128 },
    })
  })

  test('no two wraps have one nonce', async () => {
    admin.createAes('nonces', '04')
    const kek = kekOf('nonces')
    const nonces = new Set<string>()
    for (let round = 0; round < 50; round++) {
      const { wrapped } = await wrapSlot(kek, dataKey, context)
      nonces.add(Buffer.from(wrapped.subarray(0, 12)).toString('hex'))
    }
    expect(nonces.size).toBe(50)
  })

  test('a token that draws its own nonce and appends it, as CloudHSM does, is believed', async () => {
    admin.createAes('own nonce', '05')
    const own = randomBytes(12)
    const { client } = recordingClient(admin.client, ({ name, args }, really) => {
      if (name === 'C_EncryptInit') {
        const { parameter } = args[1] as { parameter: { iv: Uint8Array } }
        const given = parameter.iv.slice()
        parameter.iv.set(own)
        const result = really()
        parameter.iv.set(given)
        return result
      }
      if (name !== 'C_EncryptAsync') return really()
      const output = args[2] as Uint8Array
      return (really() as Promise<Uint8Array>).then(() => {
        output.set(own, 48)
        return output.subarray(0, 60)
      })
    })
    const slot = await wrapSlot(kekOf('own nonce', { client }), dataKey, context)
    const { dataKey: opened } = await kekOf('own nonce').unwrapKey({ ...slot, context })
    expect(Buffer.from(opened).equals(dataKey)).toBe(true)
  })

  test('a session is closed after an error, for an operation may still be active in it', async () => {
    admin.createAes('after errors', '06')
    const { client, calls } = recordingClient(admin.client)
    const kek = kekOf('after errors', { client, sessions: 1 })
    const slot = await wrapSlot(kek, dataKey, context)
    const refused = kek.unwrapKey({ ...slot, context: wrongContext })
    await expect(refused).rejects.toMatchObject({ code: 'unwrap-failed' })
    const failed = calls.find(({ name }) => name === 'C_DecryptAsync')
    const closed = calls.filter(({ name }) => name === 'C_CloseSession').map(({ args }) => args[0])
    expect(closed).toContainEqual(failed?.args[0])
    expect((await kek.unwrapKey({ ...slot, context })).dataKey.length).toBe(32)
  })

  test('no session serves two operations at once, and no more are opened than are configured', async () => {
    admin.createAes('leases', '07')
    const active = new Set<unknown>()
    let most = 0
    const { client, count } = recordingClient(admin.client, ({ name, args }, really) => {
      if (name !== 'C_EncryptAsync') return really()
      const session = Buffer.from(args[0] as Uint8Array).toString('hex')
      expect(active.has(session)).toBe(false)
      active.add(session)
      most = Math.max(most, active.size)
      return (really() as Promise<unknown>).finally(() => active.delete(session))
    })
    const kek = kekOf('leases', { client, sessions: 3 })
    await Promise.all(Array.from({ length: 40 }, () => wrapSlot(kek, dataKey, context)))
    expect(most).toBe(3)
    // Three leased ones, and the one that keeps the log-in.
    expect(count('C_OpenSession')).toBe(4)
  })

  test('handles from before somebody logged out are looked up anew', async () => {
    admin.createAes('logged out', '08')
    const kek = kekOf('logged out')
    const slot = await wrapSlot(kek, dataKey, context)
    await kek.unwrapKey({ ...slot, context })
    admin.client.C_Logout(admin.session)
    admin.client.C_Login(admin.session, pkcs11js.CKU_USER, pin)
    expect((await kek.unwrapKey({ ...slot, context })).dataKey.length).toBe(32)
  })

  test('sessions that somebody closed are opened again, and the token logged in again', async () => {
    admin.createAes('sessions lost', '09')
    const kek = kekOf('sessions lost')
    const slot = await wrapSlot(kek, dataKey, context)
    admin.client.C_CloseAllSessions(admin.slot)
    admin.reopen()
    expect((await kek.unwrapKey({ ...slot, context })).dataKey.length).toBe(32)
  })

  test('a key that was brought from elsewhere is warned of', async () => {
    importAes('imported', '0c')
    const warnings: Pkcs11Warning[] = []
    await kekOf('imported', {
      unprotectedKey: 'warn',
      onWarning: (warning) => void warnings.push(warning),
    }).connect()
    expect(warnings.map(({ code }) => code)).toEqual(['KEYWRIGHT_PKCS11_KEY_WAS_EXTRACTABLE'])
  })

  test('wraps are counted: warned of at 2^30 and refused after 2^32', async () => {
    admin.createAes('counted', '0d')
    const { serialNumber } = admin.client.C_GetTokenInfo(admin.slot)
    const name = JSON.stringify([serialNumber, admin.label, 'counted', '0d'])
    const warnings: string[] = []
    const kek = kekOf('counted', { onWarning: ({ code }) => void warnings.push(code) })
    wrapCounters.set(name, new WrapCounter(2 ** 30 - 2))
    await wrapSlot(kek, dataKey, context)
    expect(warnings).toEqual([])
    await wrapSlot(kek, dataKey, context)
    await wrapSlot(kek, dataKey, context)
    expect(warnings).toEqual(['KEYWRIGHT_PKCS11_MANY_WRAPS'])
    wrapCounters.set(name, new WrapCounter(2 ** 32))
    await expect(wrapSlot(kek, dataKey, context)).rejects.toMatchObject({ code: 'limit-exceeded' })
  })
})
