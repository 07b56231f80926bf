import { describe, expect, test } from 'vitest'
import { decodeHeader, encodeHeader } from '../src/format/header.ts'
import { encodeKeyTable, type KeyTable } from '../src/format/key-table.ts'
import { type Kek, keyring, open, seal } from '../src/index.ts'
import { combineShares, splitDataKey } from '../src/keyring/shares.ts'
import { type MemoryKekControl, memoryControl, memoryKek } from './memory-kek.ts'
import { codeOf, errorOf, outcomeOf } from './outcome.ts'
import { textOf } from './three-layouts.ts'

interface Holder {
  readonly kek: Kek
  readonly control: MemoryKekControl
}

function holders(count: number): readonly Holder[] {
  return Array.from({ length: count }, (_, at) => {
    const control = memoryControl()
    return { kek: memoryKek({ name: `k${at}`, control }), control }
  })
}

function groupsOf(all: readonly Holder[]): readonly (readonly Kek[])[] {
  return all.map(({ kek }) => [kek])
}

/** A compact envelope with another key table. */
function withTable(envelope: Uint8Array, change: (table: KeyTable) => KeyTable): Uint8Array {
  const { header, length } = decodeHeader(envelope)
  const table = encodeKeyTable(change(header.keyTable))
  return Buffer.concat([encodeHeader(header, table), envelope.subarray(length)])
}

/** The same table with its n-th group's slots changed. */
function spoilGroup(envelope: Uint8Array, group: number): Uint8Array {
  return withTable(envelope, ({ threshold, groups }) => ({
    threshold,
    groups: groups.map((one, at) =>
      at === group
        ? { ...one, slots: one.slots.map((slot) => ({ ...slot, wrapped: new Uint8Array(60) })) }
        : one,
    ),
  }))
}

for (const [k, n] of [
  [2, 3],
  [3, 5],
] as const) {
  describe(`${k} of ${n}`, () => {
    for (let subset = 0; subset < 2 ** n; subset++) {
      const chosen = Array.from({ length: n }, (_, at) => at).filter((at) => (subset >> at) & 1)
      if (chosen.length === 0) continue
      const enough = chosen.length >= k
      test(`keys ${chosen.join(' ')} ${enough ? 'open' : 'are too few, and none is asked'}`, async () => {
        const all = holders(n)
        const sealed = await seal('secret', { keys: keyring({ groups: groupsOf(all), threshold: k }) })
        const some = all.filter((_, at) => chosen.includes(at))
        const keys = keyring({ open: some.map(({ kek }) => kek), minThreshold: k })
        expect(await outcomeOf(open(sealed, { keys }))).toBe(enough ? 'ok' : 'no-matching-key')
        const calls = some.reduce((sum, { control }) => sum + control.calls.unwrapKey, 0)
        expect(calls).toBe(enough ? k : 0)
      })
    }
  })
}

test('a corrupted share names its slot, and the envelope opens with the others', async () => {
  const all = holders(3)
  const sealed = await seal('secret', { keys: keyring({ groups: groupsOf(all), threshold: 2 }) })
  const spoiled = spoilGroup(sealed, 0)
  const everybody = keyring({ groups: groupsOf(all), threshold: 2 })
  expect(textOf(await open(spoiled, { keys: everybody }))).toBe('secret')
  const two = keyring({ groups: groupsOf(all.slice(0, 2)), threshold: 2 })
  const { details } = await errorOf(open(spoiled, { keys: two }))
  expect(details.slots).toEqual([{ key: 'memory://k0', code: 'unwrap-failed' }])
})

test('a share that unwraps but is another one fails its share check and names its slot', async () => {
  const all = holders(3)
  const keys = keyring({ groups: groupsOf(all), threshold: 2 })
  const [one, two] = [await seal('one', { keys }), await seal('two', { keys })]
  const foreign = decodeHeader(two).header.keyTable.groups[1]?.slots ?? []
  const spoiled = withTable(one, ({ threshold, groups }) => ({
    threshold,
    groups: groups.map((group, at) => (at === 1 ? { ...group, slots: foreign } : group)),
  }))
  const pair = keyring({ open: all.slice(0, 2).map(({ kek }) => kek), minThreshold: 2 })
  const error = await errorOf(open(spoiled, { keys: pair }))
  expect(error.code).toBe('authentication-failed')
  expect(error.details.slots).toEqual([{ key: 'memory://k1', code: 'authentication-failed' }])
})

test('an index of 0 is refused before any arithmetic', async () => {
  const bytes = new Uint8Array(32).fill(1)
  const shares = [
    { index: 0, bytes },
    { index: 2, bytes },
  ]
  expect(await codeOf(combineShares(shares))).toBe('malformed-envelope')
})

test('one index twice is refused', async () => {
  const bytes = new Uint8Array(32).fill(1)
  const shares = [
    { index: 3, bytes },
    { index: 3, bytes },
  ]
  expect(await codeOf(combineShares(shares))).toBe('malformed-envelope')
})

test('shares come in ascending order of distinct indices above 0', async () => {
  const shares = await splitDataKey(new Uint8Array(32).fill(9), 3, 5)
  const indices = shares.map(({ index }) => index)
  expect(new Set(indices).size).toBe(5)
  expect(Math.min(...indices)).toBeGreaterThan(0)
  expect(indices).toEqual([...indices].sort((a, b) => a - b))
  expect(Buffer.from(await combineShares(shares.slice(2)))).toEqual(Buffer.alloc(32, 9))
})

test('inside a group any region will do', async () => {
  const [west, east, vault] = holders(3)
  if (west === undefined || east === undefined || vault === undefined) throw new Error('three holders')
  const groups = [[west.kek, east.kek], [vault.kek]]
  const sealed = await seal('secret', { keys: keyring({ groups, threshold: 2 }) })
  west.control.before = () => {
    throw new DOMException('down')
  }
  expect(textOf(await open(sealed, { keys: keyring({ groups, threshold: 2 }) }))).toBe('secret')
})

test('two regions of one group are one share', async () => {
  const [west, east, vault] = holders(3)
  if (west === undefined || east === undefined || vault === undefined) throw new Error('three holders')
  const groups = [[west.kek, east.kek], [vault.kek]]
  const sealed = await seal('secret', { keys: keyring({ groups, threshold: 2 }) })
  const regions = keyring({ open: [west.kek, east.kek], minThreshold: 2 })
  expect(await codeOf(open(sealed, { keys: regions }))).not.toBe('ok')
})

/** A KEK of another name that wraps as the first one does. */
function twinOf(first: Kek): Kek {
  return {
    ...first,
    uri: 'memory://twin',
    connect: async (call) => ({ ...(await first.connect(call)), reference: 'twin' }),
  }
}

/** A table in which the first KEK has slots in both groups, as a malicious sealer can make it. */
async function twoSharesOfOne(first: Kek): Promise<Uint8Array> {
  const sealed = await seal('forged', { keys: keyring({ groups: [[first], [twinOf(first)]], threshold: 2 }) })
  const { reference } = await first.connect()
  return withTable(sealed, ({ threshold, groups }) => ({
    threshold,
    groups: groups.map((group) => ({
      ...group,
      slots: group.slots.map((slot) =>
        slot.reference === 'twin' ? { ...slot, reference, keyVersion: '2' } : slot,
      ),
    })),
  }))
}

test('one KEK under two names seals no two slots: as shares no reader would count both', async () => {
  const [one] = holders(1)
  if (one === undefined) throw new Error('one holder')
  const alias: Kek = { ...one.kek, uri: 'memory://alias' }
  const concealKey = new Uint8Array(32).fill(1)
  for (const options of [
    { seal: [one.kek, alias] },
    { groups: [[one.kek], [alias]], threshold: 2, concealKey },
  ]) {
    expect(await codeOf(seal('x', { keys: keyring(options) }))).toBe('configuration')
  }
  expect(one.control.calls.wrapKey).toBe(0)
})

test('two KEKs with slots in one group of the table are too few, and none is asked', async () => {
  const [west, east, vault] = holders(3)
  if (west === undefined || east === undefined || vault === undefined) throw new Error('three holders')
  const sealed = await seal('x', {
    keys: keyring({ groups: [[west.kek, east.kek], [vault.kek]], threshold: 2 }),
  })
  const keys = keyring({ open: [west.kek, east.kek], minThreshold: 2 })
  expect(await codeOf(open(sealed, { keys }))).toBe('no-matching-key')
  expect([west.control.calls.unwrapKey, east.control.calls.unwrapKey]).toEqual([0, 0])
})

test('a list of keys that its owner changes later changes no policy', async () => {
  const [one, two, three] = holders(3)
  if (one === undefined || two === undefined || three === undefined) throw new Error('three holders')
  const seals = [one.kek]
  const keys = keyring({ seal: seals })
  seals.push(two.kek)
  await seal('x', { keys })
  const group = [one.kek]
  const shared = keyring({ groups: [group, [two.kek]], threshold: 2 })
  group.push(three.kek)
  await seal('x', { keys: shared })
  expect([two.control.calls.wrapKey, three.control.calls.wrapKey]).toEqual([1, 0])
})

// KW-KOF-7
test('one share counts for each configured group, however many groups of the table its KEK opens', async () => {
  const [one, two] = holders(2)
  if (one === undefined || two === undefined) throw new Error('two holders')
  const forged = await twoSharesOfOne(one.kek)
  const keys = keyring({ groups: [[one.kek], [two.kek]], threshold: 2 })
  expect(await codeOf(open(forged, { keys }))).toBe('no-matching-key')
})

// KW-KOF-7
test('a KEK of a group that is named again for opening still gives one share', async () => {
  const [one, two] = holders(2)
  if (one === undefined || two === undefined) throw new Error('two holders')
  const forged = await twoSharesOfOne(one.kek)
  const keys = keyring({ groups: [[one.kek], [two.kek]], threshold: 2, open: [one.kek] })
  expect(await codeOf(open(forged, { keys }))).toBe('no-matching-key')
})

test('a KEK under two names gives one share', async () => {
  const [one, two] = holders(2)
  if (one === undefined || two === undefined) throw new Error('two holders')
  const forged = await twoSharesOfOne(one.kek)
  const alias: Kek = { ...one.kek, uri: 'memory://alias' }
  const keys = keyring({ groups: [[one.kek], [two.kek]], threshold: 2, open: [alias] })
  expect(await codeOf(open(forged, { keys }))).not.toBe('ok')
})

test('the smaller threshold of a table is refused before any call', async () => {
  const all = holders(3)
  const sealed = await seal('x', { keys: keyring({ groups: groupsOf(all), threshold: 2 }) })
  const strict = keyring({ groups: groupsOf(all), threshold: 3 })
  expect(await codeOf(open(sealed, { keys: strict }))).toBe('policy-mismatch')
  expect(all.every(({ control }) => control.calls.unwrapKey === 0)).toBe(true)
})

// KW-KOF-4
test('a DEK in shares is drawn here, and no key manager sees it whole', async () => {
  const controls = [memoryControl(), memoryControl()]
  const keks = controls.map((control, at) =>
    memoryKek({ name: `g${at}`, control, capabilities: { generatesDataKeys: true } }),
  )
  await seal('x', { keys: keyring({ groups: keks.map((kek) => [kek]), threshold: 2 }) })
  expect(controls.map(({ calls }) => calls.generateDataKey)).toEqual([0, 0])
  expect(controls.map(({ calls }) => calls.wrapKey)).toEqual([1, 1])
})

const [a, b] = holders(2).map(({ kek }) => kek)
const twice = memoryKek({ name: 'twice' })

const mistakes: readonly (readonly [string, Parameters<typeof keyring>[0], string])[] = [
  ['one group', { groups: [[a as Kek]], threshold: 2 }, 'groups'],
  ['an empty group', { groups: [[a as Kek], []], threshold: 2 }, 'groups'],
  ['a key in two groups', { groups: [[a as Kek], [a as Kek]], threshold: 2 }, 'groups'],
  ['groups without a threshold', { groups: [[a as Kek], [b as Kek]] }, 'threshold'],
  ['a threshold of 1', { groups: [[a as Kek], [b as Kek]], threshold: 1 }, 'threshold'],
  ['a threshold above the groups', { groups: [[a as Kek], [b as Kek]], threshold: 3 }, 'threshold'],
  ['a threshold without groups', { seal: [a as Kek], threshold: 2 }, 'threshold'],
  ['groups beside seal', { seal: [a as Kek], groups: [[a as Kek], [b as Kek]], threshold: 2 }, 'seal'],
  ['a smallest threshold of 0', { seal: [a as Kek], minThreshold: 0 }, 'minThreshold'],
  ['a smallest threshold of 17', { seal: [a as Kek], minThreshold: 17 }, 'minThreshold'],
  ['33 keys', { seal: Array.from({ length: 33 }, () => a as Kek) }, 'seal'],
  ['a short conceal key', { seal: [a as Kek], concealKey: new Uint8Array(31) }, 'concealKey'],
  ['a KEK that seals twice', { seal: [twice, twice] }, 'seal'],
  ['a keyring without keys', {}, 'seal'],
  ['a KEK that seals twice', { seal: [a as Kek, a as Kek] }, 'seal'],
  ['a keyring without keys', {}, 'seal'],
]

for (const [what, options, field] of mistakes) {
  test(`${what} is a mistake in the keyring`, async () => {
    const error = await errorOf(() => keyring(options))
    expect([error.code, error.details.field]).toEqual(['configuration', field])
  })
}
