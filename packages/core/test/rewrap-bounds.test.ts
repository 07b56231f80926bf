import { expect, test } from 'vitest'
import { decodeHeader, encodeHeader } from '../src/format/header.ts'
import { encodeKeyTable, type Slot } from '../src/format/key-table.ts'
import { type Kek, keyring, proveLockOut, rewrap, seal, verifyHeader } from '../src/index.ts'
import { memoryControl, memoryKek } from './memory-kek.ts'
import { codeOf, errorOf } from './outcome.ts'

const concealKey = new Uint8Array(32).fill(5)

/** A compact envelope with other slots in place of its one. */
function withSlots(envelope: Uint8Array, make: (own: Slot) => readonly Slot[]): Uint8Array {
  const { header, length } = decodeHeader(envelope)
  const [group] = header.keyTable.groups
  const [own] = group?.slots ?? []
  if (group === undefined || own === undefined) throw new Error('one group with one slot')
  const table = { threshold: 1, groups: [{ ...group, slots: make(own) }] }
  return Buffer.concat([encodeHeader(header, encodeKeyTable(table)), envelope.subarray(length)])
}

/** A slot of the same KEK that does not open. */
function garbage(own: Slot, keyVersion: string): Slot {
  return { ...own, keyVersion, wrapped: new Uint8Array(60) }
}

/** The same KEK configured by an alias. */
function aliasOf(kek: Kek): Kek {
  return { ...kek, uri: 'memory://alias' }
}

test('a rewrap asks an old KEK at most twice, whatever the header lists', async () => {
  const control = memoryControl()
  const from = memoryKek({ name: 'old', control })
  const good = await seal('x', { keys: keyring({ seal: [from] }) })
  const sealed = withSlots(good, (own) => [
    ...Array.from({ length: 31 }, (_, at) => garbage(own, String(at + 1))),
    own,
  ])
  expect(await codeOf(rewrap(sealed, { from, to: memoryKek({ name: 'new' }) }))).toBe('unwrap-failed')
  expect(control.calls.unwrapKey).toBe(2)
})

test('a verification of the header asks each slot once, and each KEK at most twice', async () => {
  const control = memoryControl()
  const kek = memoryKek({ name: 'one', control })
  const keys = keyring({ seal: [kek] })
  const sealed = await seal('x', { keys })
  await verifyHeader(sealed, { keys })
  expect(control.calls.unwrapKey).toBe(1)

  const four = withSlots(sealed, (own) => [garbage(own, '1'), own, garbage(own, '2'), garbage(own, '3')])
  control.calls.unwrapKey = 0
  const report = await verifyHeader(four, { keys })
  expect(report.slots.map(({ result }) => result)).toEqual([
    'unwrap-failed',
    'verified',
    'limit-exceeded',
    'limit-exceeded',
  ])
  expect(control.calls.unwrapKey).toBe(2)
})

test('a KEK that holds a share of another group gets no second one, for no reader would count it', async () => {
  const [a, b] = [memoryKek({ name: 'a' }), memoryKek({ name: 'b' })]
  const sealed = await seal('x', { keys: keyring({ groups: [[a], [b]], threshold: 2, concealKey }) })
  for (const to of [b, aliasOf(b)]) {
    const error = await errorOf(rewrap(sealed, { from: a, to, concealKey }))
    expect([error.code, error.details.field]).toEqual(['policy-mismatch', 'to'])
  }
})

test('one target under two names is refused before any wrap, and one given twice is one', async () => {
  const control = memoryControl()
  const [from, to] = [memoryKek({ name: 'old' }), memoryKek({ name: 'new', control })]
  const sealed = await seal('x', { keys: keyring({ seal: [from] }) })
  expect(await codeOf(rewrap(sealed, { from, to: [to, aliasOf(to)] }))).toBe('invalid-argument')
  expect(control.calls.wrapKey).toBe(0)
  const { receipt } = await rewrap(sealed, { from, to: [to, to] })
  expect(receipt.added.length).toBe(1)
})

test('a slot without a version is current where versions cannot be compared', async () => {
  const control = memoryControl()
  control.alter = (driver) => ({
    ...driver,
    describeKey: async (call) => ({ ...(await driver.describeKey(call)), currentVersion: '7' }),
  })
  const [from, to] = [memoryKek({ name: 'old' }), memoryKek({ name: 'new', control })]
  const sealed = await seal('x', { keys: keyring({ seal: [from, to] }) })
  const wrapsBefore = control.calls.wrapKey
  const { receipt } = await rewrap(sealed, { from, to })
  expect([receipt.outcome, receipt.added.length, control.calls.wrapKey]).toEqual(['verified', 0, wrapsBefore])
})

test('a receipt names a concealed KEK as the key manager does, so that it can be asked later', async () => {
  const from = memoryKek({ name: 'old' })
  const sealed = await seal('x', { keys: keyring({ seal: [from], concealKey }) })
  const { receipt } = await rewrap(sealed, {
    from: aliasOf(from),
    to: memoryKek({ name: 'new' }),
    concealKey,
  })
  expect(receipt.dropped.map(({ key }) => key)).toEqual(['memory://old'])
  expect(await proveLockOut({ slots: receipt.dropped, keks: [from] })).toEqual([
    { key: 'memory://old', result: 'still-opens' },
  ])
})
