import { expect, test } from 'vitest'
import { decodeHeader } from '../src/format/header.ts'
import { keyring, open, rewrap, seal } from '../src/index.ts'
import { memoryControl, memoryKek } from './memory-kek.ts'
import { codeOf } from './outcome.ts'
import { versionedKek } from './versioned-kek.ts'

test('where only an unwrap tells the version, the slot gets it from the verifying unwrap of a rewrap', async () => {
  const control = memoryControl()
  control.alter = (driver) => ({
    ...driver,
    capabilities: { ...driver.capabilities, tellsVersionOnUnwrap: true },
    unwrapKey: async (request) => ({ ...(await driver.unwrapKey(request)), keyVersion: 'v7' }),
  })
  const [from, to] = [memoryKek({ name: 'old' }), memoryKek({ name: 'new', control })]
  const sealed = await seal('x', { keys: keyring({ seal: [from, to] }) })
  expect(decodeHeader(sealed).header.keyTable.groups[0]?.slots.map(({ keyVersion }) => keyVersion)).toEqual([
    '',
    '',
  ])
  const alone = await seal('x', { keys: keyring({ seal: [from] }) })
  const { envelope = new Uint8Array(0), receipt } = await rewrap(alone, { from, to })
  expect(decodeHeader(envelope).header.keyTable.groups[0]?.slots[0]?.keyVersion).toBe('v7')
  expect(receipt.added.map(({ keyVersion }) => keyVersion)).toEqual(['v7'])
  await open(envelope, { keys: keyring({ open: [to] }) })
})

test.each([
  ['', false],
  [' inside the key manager', true],
])('a key that tells a new version and still wraps by the old one is no rewrap%s', async (_, wrapOnly) => {
  const { kek, control, rotate } = versionedKek('one')
  const sealed = await seal('x', { keys: keyring({ seal: [kek] }) })
  // A key manager whose parts learn of a rotation one after the other.
  const lagging = {
    ...kek,
    describeKey: async () => ({ ...(await kek.describeKey()), currentVersion: '2' }),
  }
  const how = { from: lagging, to: lagging, wrapOnly }
  expect(await codeOf(rewrap(sealed, how))).toBe('conflict')
  expect(control.calls.wrapKey).toBe(2)
  rotate()
  const { receipt } = await rewrap(sealed, how)
  expect(receipt.added.map(({ keyVersion }) => keyVersion)).toEqual(['2'])
})
