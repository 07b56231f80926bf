import { startBackend } from '@keywright/backends'
import { describe, expect, test } from 'vitest'
import { softHsmToken } from '../conformance/softhsm-token.ts'
import { pkcs11js } from '../conformance/token-admin.ts'
import type { Pkcs11Warning } from '../src/index.ts'
import { closedKeks } from './closed-keks.ts'
import { contextOf, dataKey, wrapSlot } from './key-context.ts'
import { recordingClient } from './recording-client.ts'

const softhsm = await startBackend('softhsm')
const context = contextOf('a')

describe.runIf(softhsm !== undefined)('which object is the key, and what it may do', async () => {
  if (softhsm === undefined) return
  const { admin, pin, module } = await softHsmToken(softhsm)
  const kekOf = closedKeks({ token: admin.label, pin, worker: 'never', modulePath: module })

  test('two objects with one label and one id are ambiguous', async () => {
    admin.createAes('twice', '0a')
    admin.createAes('twice', '0a')
    await expect(kekOf('twice').connect()).rejects.toMatchObject({ code: 'configuration' })
  })

  test('an id that no version can have, and objects without end, are refused', async () => {
    admin.createAes('long id', '01'.repeat(65))
    await expect(kekOf('long id').connect()).rejects.toMatchObject({ code: 'configuration' })
    admin.createAes('endless', '01')
    const { client } = recordingClient(admin.client, ({ name }, really) =>
      name === 'C_FindObjects' ? Array.from({ length: 64 }, () => admin.session) : really(),
    )
    await expect(kekOf('endless', { client }).connect()).rejects.toMatchObject({ code: 'limit-exceeded' })
  })

  test('the newest version is the highest CKA_ID as a number, unless one is configured', async () => {
    for (const id of ['02', '0100', '10']) admin.createAes('newest', id)
    const newest = await kekOf('newest').describeKey()
    expect(newest.currentVersion).toBe('0100')
    expect(newest.versions.map(({ version }) => version)).toEqual(['0100', '10', '02'])
    const pinned = await wrapSlot(kekOf('newest', { id: '02' }), dataKey, context)
    expect(pinned.keyVersion).toBe('02')
    await expect(kekOf('newest', { id: '77' }).connect()).rejects.toMatchObject({
      code: 'key-version-retired',
    })
  })

  test('a key without CKA_ID has no versions to tell', async () => {
    admin.createAes('no id', '')
    const kek = kekOf('no id')
    const { capabilities } = await kek.connect()
    expect(capabilities).toMatchObject({ tellsVersionOnWrap: false, needsVersionToUnwrap: false })
    const slot = await wrapSlot(kek, dataKey, context)
    expect(slot.keyVersion).toBe('')
    expect((await kek.unwrapKey({ ...slot, context })).dataKey.length).toBe(32)
  })

  test('the version that wraps is remembered where that is asked for', async () => {
    admin.createAes('remembered', '01')
    const { client, count } = recordingClient(admin.client)
    const kek = kekOf('remembered', { client, currentMaxAgeMs: 3_600_000 })
    await wrapSlot(kek, dataKey, context)
    const searches = count('C_FindObjectsInit')
    admin.createAes('remembered', '02')
    expect((await wrapSlot(kek, dataKey, context)).keyVersion).toBe('01')
    expect(count('C_FindObjectsInit')).toBe(searches)
  })

  test('a key that the token would give out is warned of, and refused where that is asked for', async () => {
    const { CKA_EXTRACTABLE, CKA_SENSITIVE } = pkcs11js
    const open = [
      { type: CKA_SENSITIVE, value: false },
      { type: CKA_EXTRACTABLE, value: true },
    ]
    admin.createAes('unprotected', '0b', open)
    const warnings: Pkcs11Warning[] = []
    const onWarning = (warning: Pkcs11Warning): void => void warnings.push(warning)
    await kekOf('unprotected', { unprotectedKey: 'warn', onWarning }).connect()
    expect(warnings.map(({ code }) => code)).toEqual([
      'KEYWRIGHT_PKCS11_KEY_READABLE',
      'KEYWRIGHT_PKCS11_KEY_EXTRACTABLE',
    ])
    const refusing = kekOf('unprotected', { unprotectedKey: 'refuse' })
    await expect(refusing.connect()).rejects.toMatchObject({ code: 'configuration' })
  })

  test('an AES key of 128 bits does not wrap', async () => {
    admin.createAes('short', '0e', [{ type: pkcs11js.CKA_VALUE_LEN, value: 16 }])
    await expect(kekOf('short').connect()).rejects.toMatchObject({ code: 'configuration' })
  })

  test('a key that may only wrap is used by AES-KWP of itself', async () => {
    const { CKA_DECRYPT, CKA_ENCRYPT } = pkcs11js
    admin.createAes('wraps only', '0f', [
      { type: CKA_ENCRYPT, value: false },
      { type: CKA_DECRYPT, value: false },
    ])
    const { capabilities } = await kekOf('wraps only').connect()
    expect(capabilities).toMatchObject({ algorithms: ['pkcs11.aes-kwp'], serverSideRewrap: true })
  })

  test('a rewrap inside the token reads no data key: nothing but handles and wrapped bytes pass', async () => {
    for (const label of ['rewrap from', 'rewrap to']) admin.createAes(label, '10')
    const { client, calls } = recordingClient(admin.client)
    const from = await wrapSlot(kekOf('rewrap from', { algorithm: 'aes-kwp' }), dataKey, context)
    const to = kekOf('rewrap to', { algorithm: 'aes-kwp', client })
    const { reference } = await to.connect()
    calls.length = 0
    const moved = await to.rewrapKey({ ...from, context })
    const names = calls.map(({ name }) => name)
    expect(names).toContain('C_UnwrapKeyAsync')
    const reads = calls.filter(({ name, args }) => name === 'C_GetAttributeValue' && readsValue(args[2]))
    expect(reads).toEqual([])
    const { dataKey: opened } = await to.unwrapKey({
      ...from,
      ...moved,
      keyVersion: moved.keyVersion ?? '',
      reference,
      context,
    })
    expect(Buffer.from(opened).equals(dataKey)).toBe(true)
  })

  test('a key of another token, or wrapped another way, is not rewrapped inside the token', async () => {
    for (const label of ['gcm from', 'kwp to']) admin.createAes(label, '11')
    const from = await wrapSlot(kekOf('gcm from'), dataKey, context)
    const to = kekOf('kwp to', { algorithm: 'aes-kwp' })
    await expect(to.rewrapKey({ ...from, context })).rejects.toMatchObject({ code: 'unsupported' })
    const elsewhere = { ...from, algorithm: 'pkcs11.aes-kwp', reference: 'token=x;object=y;type=secret-key' }
    await expect(to.rewrapKey({ ...elsewhere, context })).rejects.toMatchObject({ code: 'unsupported' })
  })

  test('a missing token is not found, and says so', async () => {
    await expect(kekOf('any', { token: 'no such token' }).connect()).rejects.toMatchObject({
      code: 'key-not-found',
      details: { field: 'token' },
    })
  })
})

function readsValue(template: unknown): boolean {
  return Array.isArray(template) && template.some(({ type }) => type === pkcs11js.CKA_VALUE)
}
