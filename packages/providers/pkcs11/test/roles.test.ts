import { readFileSync } from 'node:fs'
import { startBackend } from '@keywright/backends'
import type { Kek } from '@keywright/core'
import { afterEach, describe, expect, test } from 'vitest'
import { softHsmToken } from '../conformance/softhsm-token.ts'
import { pkcs11js } from '../conformance/token-admin.ts'
import { type Pkcs11Options, pkcs11 } from '../src/index.ts'
import { contextOf, dataKey, wrapSlot } from './key-context.ts'

const softhsm = await startBackend('softhsm')
const context = contextOf('a')

/** The attribute lists of the README, in its order. */
const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
const lists = [...readme.matchAll(/```json\n([\s\S]*?)```/g)].map(
  ([, text = '']) => JSON.parse(text) as Record<string, boolean>,
)
const [sealOnly, openOnly, oldKey, newKey] = lists

describe.runIf(softhsm !== undefined)('the roles of the README, on SoftHSM', async () => {
  if (softhsm === undefined) return
  const { admin, pin, module } = await softHsmToken(softhsm)
  const made: Kek[] = []
  const kekOf = (key: string, options: Partial<Pkcs11Options> = {}): Kek => {
    const common = { token: admin.label, key, pin, modulePath: module, worker: 'never' } as const
    const kek = pkcs11({ ...common, unprotectedKey: 'allow', ...options })
    made.push(kek)
    return kek
  }
  afterEach(async () => {
    for (const kek of made.splice(0)) await kek.close()
  })
  const attributesOf = (list: Record<string, boolean> = {}): { type: number; value: boolean }[] =>
    Object.entries(list).map(([name, value]) => ({
      type: Number(Reflect.get(pkcs11js, name)),
      value,
    }))
  /** Changes what a key may do, as a second token with the same key would have it. */
  const become = (label: string, list: Record<string, boolean> | undefined): void => {
    for (const object of admin.find(label)) {
      admin.client.C_SetAttributeValue(admin.session, object, attributesOf(list))
    }
  }

  test('there are four lists, and each says everything', () => {
    const names = ['CKA_ENCRYPT', 'CKA_DECRYPT', 'CKA_WRAP', 'CKA_UNWRAP']
    expect(lists.map((list) => Object.keys(list))).toEqual([names, names, names, names])
  })

  test('seal only: wraps, and is denied to unwrap', async () => {
    admin.createAes('seals', '01', attributesOf(sealOnly))
    const kek = kekOf('seals')
    const slot = await wrapSlot(kek, dataKey, context)
    await expect(kek.unwrapKey({ ...slot, context })).rejects.toMatchObject({ code: 'access-denied' })
  })

  test('open only: unwraps, and is denied to wrap', async () => {
    admin.createAes('opens', '01')
    const slot = await wrapSlot(kekOf('opens'), dataKey, context)
    become('opens', openOnly)
    const kek = kekOf('opens')
    expect((await kek.unwrapKey({ ...slot, context })).dataKey.length).toBe(32)
    await expect(wrapSlot(kek, dataKey, context)).rejects.toMatchObject({ code: 'access-denied' })
  })

  test('rewrap only: moves, and is denied to wrap under the old key and to unwrap under the new', async () => {
    admin.createAes('old', '01')
    const slot = await wrapSlot(kekOf('old', { algorithm: 'aes-kwp' }), dataKey, context)
    become('old', oldKey)
    admin.createAes('new', '01', attributesOf(newKey))
    const to = kekOf('new')
    const { reference } = await to.connect()
    const { wrapped, keyVersion = '', algorithm } = await to.rewrapKey({ ...slot, context })
    const moved = { wrapped, keyVersion, algorithm, reference, context }
    await expect(to.unwrapKey(moved)).rejects.toMatchObject({ code: 'access-denied' })
    await expect(wrapSlot(kekOf('old'), dataKey, context)).rejects.toMatchObject({ code: 'access-denied' })
    become('new', { CKA_UNWRAP: true })
    expect(Buffer.from((await to.unwrapKey(moved)).dataKey).equals(dataKey)).toBe(true)
  })

  test.each([
    ['seal only', sealOnly, 'CKA_ENCRYPT', (kek: Kek) => wrapSlot(kek, dataKey, context)],
    ['rewrap only, new key', newKey, 'CKA_WRAP', (kek: Kek) => wrapSlot(kek, dataKey, context)],
  ] as const)('%s: nothing in the list is there for nothing', async (role, list, needed, work) => {
    const others = needed === 'CKA_ENCRYPT' ? { CKA_DECRYPT: true } : { CKA_UNWRAP: true }
    admin.createAes(`${role} less`, '01', attributesOf({ ...list, ...others, [needed]: false }))
    await expect(work(kekOf(`${role} less`))).rejects.toMatchObject({ code: 'access-denied' })
  })
})
