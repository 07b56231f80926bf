import { expect, test } from 'vitest'
import { decodeHeader } from '../src/format/header.ts'
import { keyring, open, rewrap, seal } from '../src/index.ts'
import { memoryControl, memoryKek } from './memory-kek.ts'
import { codeOf, outcomeOf } from './outcome.ts'
import { versionedKek } from './versioned-kek.ts'

// KW-REW-2
test('a rewrap inside the key manager shows no key here, keeps the old slot, and is pending', async () => {
  const material = new Uint8Array(32).fill(2)
  const [oldControl, newControl] = [memoryControl(), memoryControl()]
  const from = memoryKek({ name: 'old', control: oldControl, material })
  const to = memoryKek({
    name: 'new',
    control: newControl,
    material,
    capabilities: { serverSideRewrap: true },
  })
  const sealed = await seal('x', { keys: keyring({ seal: [from] }) })
  const { envelope = sealed, receipt } = await rewrap(sealed, { from, to, wrapOnly: true })
  expect([oldControl.calls.unwrapKey, newControl.calls.unwrapKey, newControl.calls.rewrapKey]).toEqual([
    0, 0, 1,
  ])
  expect(receipt).toMatchObject({ outcome: 'pending', checked: 'none', dropped: [] })
  expect(receipt.kept.map(({ key }) => key)).toEqual(['memory://old'])
  for (const kek of [from, to])
    expect(await outcomeOf(open(envelope, { keys: keyring({ open: [kek] }) }))).toBe('ok')

  const finished = await rewrap(envelope, { from, to, step: 'remove' })
  expect(finished.receipt).toMatchObject({ outcome: 'verified', checked: 'commitment' })
  expect(finished.receipt.dropped.map(({ key }) => key)).toEqual(['memory://old'])
  expect(await outcomeOf(open(finished.envelope ?? sealed, { keys: keyring({ open: [from] }) }))).toBe(
    'no-matching-key',
  )
})

// KW-REW-2
test('where the key manager cannot rewrap, the key is unwrapped here and the new slot stays unverified', async () => {
  const toControl = memoryControl()
  const [from, to] = [memoryKek({ name: 'old' }), memoryKek({ name: 'new', control: toControl })]
  const sealed = await seal('x', { keys: keyring({ seal: [from] }) })
  const { receipt } = await rewrap(sealed, { from, to, wrapOnly: true })
  expect([receipt.outcome, toControl.calls.unwrapKey, toControl.calls.wrapKey]).toEqual(['pending', 0, 1])
})

// KW-REW-2
test('a garbled pending slot is found when the rewrap is finished, and the old one stays', async () => {
  const [from, to] = [memoryKek({ name: 'old' }), memoryKek({ name: 'new' })]
  const sealed = await seal('x', { keys: keyring({ seal: [from] }) })
  const garbling = {
    ...to,
    wrapKey: async (request: Parameters<typeof to.wrapKey>[0]) =>
      to.wrapKey({ ...request, dataKey: new Uint8Array(32).fill(1) }),
  }
  const { envelope = sealed } = await rewrap(sealed, { from, to: garbling, wrapOnly: true })
  expect(await codeOf(rewrap(envelope, { from, to, step: 'remove' }))).toBe('authentication-failed')
  expect(await outcomeOf(open(envelope, { keys: keyring({ open: [from] }) }))).toBe('ok')
})

// KW-REW-2
test('a pending rewrap of a KEK to itself never puts an unverified slot in place of the old one', async () => {
  const material = new Uint8Array(32).fill(2)
  const kek = memoryKek({ name: 'one', material, capabilities: { serverSideRewrap: true } })
  const sealed = await seal('x', { keys: keyring({ seal: [kek] }) })
  const { envelope, receipt } = await rewrap(sealed, { from: kek, to: kek, wrapOnly: true })
  expect([receipt.outcome, receipt.dropped]).toEqual(['unchanged', []])
  expect(envelope).toEqual(sealed)
})

// KW-REW-2
test('a pending rewrap of a KEK to its own new version is finished like any other, and once', async () => {
  const { kek, rotate } = versionedKek('one')
  const sealed = await seal('x', { keys: keyring({ seal: [kek] }) })
  rotate()
  const pending = await rewrap(sealed, { from: kek, to: kek, wrapOnly: true })
  expect(pending.receipt).toMatchObject({ outcome: 'pending', added: [{ keyVersion: '2' }], dropped: [] })
  const how = { from: kek, to: kek, step: 'remove' } as const
  const finished = await rewrap(pending.envelope ?? sealed, how)
  expect(finished.receipt).toMatchObject({ outcome: 'verified', checked: 'commitment' })
  expect(finished.receipt.dropped.map(({ keyVersion }) => keyVersion)).toEqual(['1'])
  expect(finished.receipt.kept.map(({ keyVersion }) => keyVersion)).toEqual(['2'])
  expect((await rewrap(finished.envelope ?? sealed, how)).receipt.outcome).toBe('unchanged')
})

test('a pending rewrap that has been made already is unchanged', async () => {
  const [from, to] = [memoryKek({ name: 'old' }), memoryKek({ name: 'new' })]
  const sealed = await seal('x', { keys: keyring({ seal: [from] }) })
  const { envelope = sealed } = await rewrap(sealed, { from, to, wrapOnly: true })
  const again = await rewrap(envelope, { from, to, wrapOnly: true })
  expect(again.receipt.outcome).toBe('unchanged')
  expect(decodeHeader(again.header).header.keyTable.groups[0]?.slots.length).toBe(2)
})
