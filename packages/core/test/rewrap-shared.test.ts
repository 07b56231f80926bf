import { expect, test } from 'vitest'
import { decodeHeader, encodeHeader } from '../src/format/header.ts'
import { encodeKeyTable } from '../src/format/key-table.ts'
import { keyring, open, rewrap, seal } from '../src/index.ts'
import { memoryKek } from './memory-kek.ts'
import { codeOf, outcomeOf } from './outcome.ts'
import { versionedKek } from './versioned-kek.ts'

// KW-REW-6
test('a slot that was never wrapped is no consent to give a KEK a shared DEK', async () => {
  const from = memoryKek({ name: 'old' })
  const { kek: to, control } = versionedKek('new')
  const sealed = await seal('x', { keys: keyring({ seal: [from], cache: {} }) })
  const { header, length } = decodeHeader(sealed)
  const groups = header.keyTable.groups.map((group) => ({
    ...group,
    slots: group.slots.flatMap((slot) => [
      slot,
      { ...slot, reference: 'new', keyVersion: '0', wrapped: new Uint8Array(60) },
    ]),
  }))
  const table = encodeKeyTable({ threshold: 1, groups })
  const planted = Buffer.concat([encodeHeader(header, table), sealed.subarray(length)])
  for (const wrapOnly of [false, true]) {
    expect(await codeOf(rewrap(planted, { from, to, wrapOnly }))).toBe(
      wrapOnly ? 'policy-mismatch' : 'unwrap-failed',
    )
  }
  expect(control.calls.wrapKey).toBe(0)
})

test('a KEK that has a shared DEK needs no consent to be rotated', async () => {
  const { kek, rotate } = versionedKek('one')
  const sealed = await seal('x', { keys: keyring({ seal: [kek], cache: {} }) })
  rotate()
  const { envelope = sealed, receipt } = await rewrap(sealed, { from: kek, to: kek })
  expect(receipt.outcome).toBe('verified')
  expect(await outcomeOf(open(envelope, { keys: keyring({ open: [kek] }) }))).toBe('ok')
})

// KW-BIND-5
test('withheld values reach a key manager that logs them in a rewrap only where that was asked for', async () => {
  const from = memoryKek({ name: 'old' })
  const to = memoryKek({ name: 'new', capabilities: { contextBinding: 'native-map' } })
  const context = { tenant: 'a' }
  const sealed = await seal('x', { keys: keyring({ seal: [from] }), context, withhold: ['tenant'] })
  expect(await codeOf(rewrap(sealed, { from, to, context }))).toBe('policy-mismatch')
  expect(await outcomeOf(rewrap(sealed, { from, to, context, bindWithheldNatively: true }))).toBe('ok')
})
