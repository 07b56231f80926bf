import { expect, test } from 'vitest'
import { decodeHeader, encodeHeader } from '../src/format/header.ts'
import { encodeKeyTable } from '../src/format/key-table.ts'
import { type KeyringOptions, keyring, open, seal } from '../src/index.ts'
import { memoryControl, memoryKek } from './memory-kek.ts'
import { textOf } from './three-layouts.ts'

test('a KEK with two slots is offered and asked for one of them at a time, whatever a strategy does', async () => {
  const control = memoryControl()
  const [mine, other] = [memoryKek({ name: 'mine', control }), memoryKek({ name: 'other' })]
  const sealed = await seal('x', { keys: keyring({ seal: [mine, other] }) })
  const { header, length } = decodeHeader(sealed)
  const { threshold, groups } = header.keyTable
  const renamed = groups.map((group) => ({
    ...group,
    slots: group.slots.map((slot) =>
      slot.reference === 'other' ? { ...slot, reference: 'mine', keyVersion: '2' } : slot,
    ),
  }))
  const table = encodeKeyTable({ threshold, groups: renamed })
  const altered = Buffer.concat([encodeHeader(header, table), sealed.subarray(length)])

  const gate = Promise.withResolvers<void>()
  control.before = (operation) => (operation === 'unwrapKey' ? gate.promise : undefined)
  const offered: number[] = []
  const openStrategy: KeyringOptions['openStrategy'] = async (attempt) => {
    while (attempt.unknown().length > 0) await attempt.changed()
    const [first] = attempt.candidates()
    offered.push(attempt.candidates().length)
    const asked = first?.ask()
    offered.push(attempt.candidates().length)
    gate.resolve()
    await asked
  }
  expect(textOf(await open(altered, { keys: keyring({ open: [mine], openStrategy }) }))).toBe('x')
  expect(offered).toEqual([1, 0])
})
