import { expect, test } from 'vitest'
import { otherContext, runningVault, wrapped } from './running-vault.ts'

const rewraps = ['update transit/rewrap/derived']

test('rewraps that are asked for together share one request', async () => {
  const vault = await runningVault()
  const kek = vault.kek({ key: 'derived' })
  const slots = await Promise.all(
    Array.from({ length: 20 }, (_, at) => wrapped(kek, new Uint8Array(32).fill(at + 1))),
  )
  await vault.admin('POST', 'transit/keys/derived/rotate')
  vault.calls.clear()
  const moved = await Promise.all(slots.map((slot) => kek.rewrapKey(slot)))
  expect(vault.calls.operations()).toEqual(rewraps)
  expect(vault.calls.count()).toBe(1)
  const [first] = slots
  if (first === undefined) return
  for (const [at, { wrapped: bytes, keyVersion = '' }] of moved.entries()) {
    expect(keyVersion).toBe('2')
    const slot = { ...first, wrapped: bytes, keyVersion }
    expect((await kek.unwrapKey(slot)).dataKey[0]).toBe(at + 1)
  }
})

test('no request holds more items than the capability says', async () => {
  const vault = await runningVault()
  const kek = vault.kek({ key: 'derived' })
  const { maxBatchKeys } = (await kek.connect()).capabilities
  const slot = await wrapped(kek)
  vault.calls.clear()
  await Promise.all(Array.from({ length: maxBatchKeys + 1 }, () => kek.rewrapKey(slot)))
  expect(vault.calls.count()).toBe(2)
})

test('an item that is refused is refused alone, in the words of a call of its own', async () => {
  const vault = await runningVault()
  const kek = vault.kek({ key: 'derived' })
  const slot = await wrapped(kek)
  const tries = [slot, { ...slot, context: otherContext }, slot].map((each) => kek.rewrapKey(each))
  const ends = await Promise.allSettled(tries)
  expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  const alone = await kek.rewrapKey({ ...slot, context: otherContext }).catch((error: unknown) => error)
  expect(ends[1]).toMatchObject({ reason: { code: 'unwrap-failed' } })
  expect(alone).toMatchObject({ code: 'unwrap-failed' })
})

test('a member that gives up leaves the others their results', async () => {
  const vault = await runningVault()
  const kek = vault.kek({ key: 'derived' })
  const slot = await wrapped(kek)
  const controller = new AbortController()
  const given = kek.rewrapKey({ ...slot, signal: controller.signal })
  const kept = kek.rewrapKey({ ...slot, signal: new AbortController().signal })
  controller.abort()
  await expect(given).rejects.toMatchObject({ code: 'aborted' })
  expect((await kept).keyVersion).toBe('1')
})

test('a slot of another key is not for this key to rewrap', async () => {
  const vault = await runningVault()
  await vault.admin('POST', 'transit/keys/second', { derived: true })
  const slot = await wrapped(vault.kek({ key: 'second' }))
  await expect(vault.kek({ key: 'derived' }).rewrapKey(slot)).rejects.toMatchObject({ code: 'unsupported' })
})
