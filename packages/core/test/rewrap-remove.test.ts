import { expect, test } from 'vitest'
import { decodeHeader, encodeHeader } from '../src/format/header.ts'
import { encodeKeyTable } from '../src/format/key-table.ts'
import { type Kek, keyring, open, rewrap, seal } from '../src/index.ts'
import { type MemoryKekControl, memoryControl, memoryKek } from './memory-kek.ts'
import { codeOf, outcomeOf } from './outcome.ts'

interface Holder {
  readonly kek: Kek
  readonly control: MemoryKekControl
}

function holder(name: string): Holder {
  const control = memoryControl()
  return { kek: memoryKek({ name, control }), control }
}

/** The envelope with the slot of one KEK garbled. */
async function garbled(envelope: Uint8Array, { kek }: Holder): Promise<Uint8Array> {
  const { reference } = await kek.connect()
  const { header, length } = decodeHeader(envelope)
  const { threshold, groups } = header.keyTable
  const table = encodeKeyTable({
    threshold,
    groups: groups.map((group) => ({
      ...group,
      slots: group.slots.map((slot) =>
        slot.reference === reference ? { ...slot, wrapped: new Uint8Array(60) } : slot,
      ),
    })),
  })
  return Buffer.concat([encodeHeader(header, table), envelope.subarray(length)])
}

test('every key that is to remain is verified before a slot is removed', async () => {
  const [old, one, two] = [holder('old'), holder('one'), holder('two')]
  const sealed = await seal('x', { keys: keyring({ seal: [old.kek, one.kek, two.kek] }) })
  const { envelope = sealed, receipt } = await rewrap(sealed, {
    from: old.kek,
    to: [one.kek, two.kek],
    step: 'remove',
  })
  expect(receipt.dropped.map(({ key }) => key)).toEqual(['memory://old'])
  expect([old, one, two].map(({ control }) => control.calls.unwrapKey)).toEqual([0, 1, 1])
  for (const { kek } of [one, two])
    expect(await outcomeOf(open(envelope, { keys: keyring({ open: [kek] }) }))).toBe('ok')
})

test('nothing is removed while one of the keys that are to remain does not open', async () => {
  const [old, one, two] = [holder('old'), holder('one'), holder('two')]
  const sealed = await seal('x', { keys: keyring({ seal: [old.kek, one.kek, two.kek] }) })
  for (const broken of [one, two]) {
    const envelope = await garbled(sealed, broken)
    const removal = rewrap(envelope, { from: old.kek, to: [one.kek, two.kek], step: 'remove' })
    expect(await codeOf(removal)).toBe('unwrap-failed')
  }
})

test('a removal from one group verifies what the keys that remain hold in every group', async () => {
  const [old, one, two] = [holder('old'), holder('one'), holder('two')]
  const groups = [[old.kek, one.kek], [two.kek]]
  const sealed = await seal('x', { keys: keyring({ groups, threshold: 2 }) })
  const how = { from: old.kek, to: [one.kek, two.kek], step: 'remove' } as const
  expect(await codeOf(rewrap(await garbled(sealed, two), how))).toBe('unwrap-failed')
  const { envelope = sealed, receipt } = await rewrap(sealed, how)
  expect(receipt).toMatchObject({ outcome: 'verified', checked: 'share-check' })
  expect(receipt.dropped.map(({ key }) => key)).toEqual(['memory://old'])
  const keys = keyring({ open: [one.kek, two.kek], minThreshold: 2 })
  expect(await outcomeOf(open(envelope, { keys }))).toBe('ok')
})

test('a group is not left without a slot of the keys that remain', async () => {
  const [old, two] = [holder('old'), holder('two')]
  const sealed = await seal('x', { keys: keyring({ groups: [[old.kek], [two.kek]], threshold: 2 }) })
  const removal = rewrap(sealed, { from: old.kek, to: two.kek, step: 'remove' })
  expect(await codeOf(removal)).toBe('no-matching-key')
  expect(two.control.calls.unwrapKey).toBe(0)
})
