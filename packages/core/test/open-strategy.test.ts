import { expect, test } from 'vitest'
import { decodeHeader, encodeHeader } from '../src/format/header.ts'
import { encodeKeyTable } from '../src/format/key-table.ts'
import { type Kek, type KeyringOptions, keyring, open, seal } from '../src/index.ts'
import { type MemoryKekControl, memoryControl, memoryKek } from './memory-kek.ts'
import { codeOf, errorOf, outcomeOf } from './outcome.ts'
import { textOf } from './three-layouts.ts'

type OpenStrategy = NonNullable<KeyringOptions['openStrategy']>

/** Asks whoever is known, all at once. */
const atOnce: OpenStrategy = async (attempt) => {
  while (attempt.unknown().length > 0) await attempt.changed()
  await Promise.all(attempt.candidates().map(({ ask }) => ask()))
}

/** Asks whoever is known, as soon as that is. */
const eager: OpenStrategy = async (attempt) => {
  while (!attempt.signal.aborted) {
    for (const { ask } of attempt.candidates()) void ask()
    await attempt.changed()
  }
}

interface Holder {
  readonly kek: Kek
  readonly control: MemoryKekControl
  /** The very bytes that its driver answered. */
  readonly answered: Uint8Array[]
  readonly signals: AbortSignal[]
}

function holders(count: number): readonly [Holder, Holder, Holder, ...Holder[]] {
  const all = Array.from({ length: count }, (_, at): Holder => {
    const control = memoryControl()
    const answered: Uint8Array[] = []
    const signals: AbortSignal[] = []
    control.alter = (driver) => ({
      ...driver,
      unwrapKey: async (request) => {
        if (request.signal !== undefined) signals.push(request.signal)
        const answer = await driver.unwrapKey(request)
        answered.push(answer.dataKey)
        return answer
      },
    })
    return { kek: memoryKek({ name: `k${at}`, control }), control, answered, signals }
  })
  const [one, two, three, ...more] = all
  if (one === undefined || two === undefined || three === undefined) throw new Error('three or more')
  return [one, two, three, ...more]
}

function calls(all: readonly Holder[]): readonly number[] {
  return all.map(({ control }) => control.calls.unwrapKey)
}

/** Lets a KEK's unwrap wait until the gate opens. */
function stall({ control }: Holder): () => void {
  const gate = Promise.withResolvers<void>()
  control.before = (operation) => (operation === 'unwrapKey' ? gate.promise : undefined)
  return gate.resolve
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('the first good answer opens, and whoever still runs is aborted', async () => {
  const all = holders(3)
  const keks = all.map(({ kek }) => kek)
  const sealed = await seal('x', { keys: keyring({ seal: keks }) })
  const [stalled, , slow] = all
  stall(stalled)
  stall(slow)
  expect(textOf(await open(sealed, { keys: keyring({ open: keks, openStrategy: atOnce }) }))).toBe('x')
  expect(calls(all)).toEqual([1, 1, 1])
  expect([stalled, slow].map(({ signals }) => signals[0]?.aborted)).toEqual([true, true])
})

test('what an aborted KEK answers after all is zero-filled', async () => {
  const all = holders(3)
  const keks = all.map(({ kek }) => kek)
  const sealed = await seal('x', { keys: keyring({ seal: keks }) })
  const [stalled] = all
  const letThrough = stall(stalled)
  await open(sealed, { keys: keyring({ open: keks, openStrategy: atOnce }) })
  letThrough()
  await nextTurn()
  expect(stalled.answered).toEqual([Buffer.alloc(32)])
})

test('so is the copy of a KEK that does not heed the signal', async () => {
  const [one, two] = holders(3)
  const late = Promise.withResolvers<void>()
  const answered: Uint8Array[] = []
  const deaf: Kek = {
    ...one.kek,
    unwrapKey: async ({ signal: _signal, ...request }) => {
      const answer = await one.kek.unwrapKey(request)
      await late.promise
      answered.push(answer.dataKey)
      return answer
    },
  }
  const sealed = await seal('x', { keys: keyring({ seal: [one.kek, two.kek] }) })
  const keys = keyring({ open: [deaf, two.kek], openStrategy: atOnce })
  expect(textOf(await open(sealed, { keys }))).toBe('x')
  late.resolve()
  await nextTurn()
  expect(answered).toEqual([new Uint8Array(32)])
})

test('a caller that gives up is let go at once, and every KEK is told', async () => {
  const all = holders(3)
  const keks = all.map(({ kek }) => kek)
  const sealed = await seal('x', { keys: keyring({ seal: keks }) })
  for (const holder of all) stall(holder)
  const caller = new AbortController()
  const opening = codeOf(
    open(sealed, { keys: keyring({ open: keks, openStrategy: atOnce }), signal: caller.signal }),
  )
  await nextTurn()
  expect(calls(all)).toEqual([1, 1, 1])
  caller.abort()
  expect(await opening).toBe('aborted')
  expect(all.every(({ signals }) => signals[0]?.aborted)).toBe(true)
})

test('without a strategy the same, and nobody else is asked', async () => {
  const all = holders(3)
  const keks = all.map(({ kek }) => kek)
  const sealed = await seal('x', { keys: keyring({ seal: keks }) })
  stall(all[0])
  const caller = new AbortController()
  const opening = codeOf(open(sealed, { keys: keyring({ open: keks }), signal: caller.signal }))
  await nextTurn()
  caller.abort()
  expect(await opening).toBe('aborted')
  expect(all[0].signals[0]?.aborted).toBe(true)
  await nextTurn()
  expect(calls(all)).toEqual([1, 0, 0])
})

test('shares of several groups are asked for at once, and no more of them are used than needed', async () => {
  const all = holders(4)
  const groups = all.map(({ kek }) => [kek])
  const sealed = await seal('x', { keys: keyring({ groups, threshold: 2 }) })
  const keys = keyring({ groups, threshold: 2, openStrategy: atOnce })
  expect(textOf(await open(sealed, { keys }))).toBe('x')
  expect(calls(all)).toEqual([1, 1, 1, 1])
  await nextTurn()
  expect(all.flatMap(({ answered }) => answered)).toEqual(all.map(() => Buffer.alloc(32)))
})

test('what a strategy leaves is asked in the order of the keyring', async () => {
  const all = holders(3)
  const keks = all.map(({ kek }) => kek)
  const sealed = await seal('x', { keys: keyring({ seal: keks }) })
  const keys = keyring({ open: keks, openStrategy: async () => {} })
  expect(textOf(await open(sealed, { keys }))).toBe('x')
  expect(calls(all)).toEqual([1, 0, 0])
})

test('a strategy that asks for the same slot over and over, or after the end, makes no further call', async () => {
  const all = holders(3)
  const keks = all.map(({ kek }) => kek)
  const sealed = await seal('x', { keys: keyring({ seal: keks }) })
  const answers: string[] = []
  const after = Promise.withResolvers<void>()
  const openStrategy: OpenStrategy = async (attempt) => {
    while (attempt.unknown().length > 0) await attempt.changed()
    const [first, second] = attempt.candidates()
    if (first === undefined || second === undefined) throw new Error('two candidates')
    answers.push(...(await Promise.all([first.ask(), first.ask()])))
    answers.push(await first.ask(), await second.ask())
    expect([attempt.missing(), attempt.candidates(), attempt.unknown()]).toEqual([0, [], []])
    await attempt.changed()
    after.resolve()
  }
  expect(textOf(await open(sealed, { keys: keyring({ open: keks, openStrategy }) }))).toBe('x')
  await after.promise
  expect(answers).toEqual(['helped', 'aborted', 'aborted', 'aborted'])
  expect(calls(all)).toEqual([1, 0, 0])
})

test('what a strategy throws ends the open', async () => {
  const [{ kek }] = holders(3)
  const sealed = await seal('x', { keys: keyring({ seal: [kek] }) })
  const mistake = new RangeError('no strategy')
  const keys = keyring({
    open: [kek],
    openStrategy: async () => {
      throw mistake
    },
  })
  await expect(open(sealed, { keys })).rejects.toBe(mistake)
})

test('a KEK that fails with an error that is not ours is passed over', async () => {
  const [one, two] = holders(3)
  const sealed = await seal('x', { keys: keyring({ seal: [one.kek, two.kek] }) })
  const broken: Kek = {
    ...one.kek,
    unwrapKey: async () => {
      throw new TypeError('token=secret')
    },
  }
  expect(textOf(await open(sealed, { keys: keyring({ open: [broken, two.kek] }) }))).toBe('x')
  const error = await errorOf(open(sealed, { keys: keyring({ open: [broken] }) }))
  expect(error.details.slots).toEqual([{ key: 'memory://k0', code: 'unknown' }])
  expect(JSON.stringify(error)).not.toContain('secret')
})

test('KEKs are connected all at once, and none is asked before enough are known to have a slot', async () => {
  const all = holders(3)
  const groups = all.map(({ kek }) => [kek])
  const sealed = await seal('x', { keys: keyring({ groups, threshold: 3 }) })
  const material = new Uint8Array(32)
  const anew = all.map((_, at) => {
    const control = memoryControl()
    return { kek: memoryKek({ name: `k${at}`, control, material }), control }
  })
  const gates = anew.map(({ control }) => {
    const gate = Promise.withResolvers<void>()
    control.before = (operation) => (operation === 'connect' ? gate.promise : undefined)
    return gate
  })
  const keys = keyring({ groups: anew.map(({ kek }) => [kek]), threshold: 3, openStrategy: eager })
  const opening = outcomeOf(open(sealed, { keys }))
  await nextTurn()
  expect(anew.map(({ control }) => control.calls.connect)).toEqual([1, 1, 1])
  gates[0]?.resolve()
  gates[1]?.resolve()
  await nextTurn()
  expect(anew.map(({ control }) => control.calls.unwrapKey)).toEqual([0, 0, 0])
  gates[2]?.resolve()
  expect(await opening).toBe('unwrap-failed')
})

// KW-KOF-7
test('two KEKs of one configured group give one share, though the table has them in two', async () => {
  const all = holders(3)
  const [first, second, third] = all
  const sealed = await seal('x', { keys: keyring({ groups: all.map(({ kek }) => [kek]), threshold: 2 }) })
  const groups = [[first.kek, second.kek], [memoryKek({ name: 'other' })]]
  expect(await codeOf(open(sealed, { keys: keyring({ groups, threshold: 2 }) }))).toBe('no-matching-key')
  expect(calls(all)).toEqual([0, 0, 0])
  const keys = keyring({ groups, threshold: 2, open: [third.kek], openStrategy: atOnce })
  expect(textOf(await open(sealed, { keys }))).toBe('x')
})

test('a choice of shares that leaves no group without a partner is found, with no call too many', async () => {
  const [first, second] = holders(3)
  const twin: Kek = {
    ...first.kek,
    connect: async (call) => ({ ...(await first.kek.connect(call)), reference: 'twin' }),
  }
  const sealed = await seal('x', {
    keys: keyring({ groups: [[first.kek, second.kek], [twin]], threshold: 2 }),
  })
  // The first KEK has a slot in either group, the second in the first alone.
  const { header, length } = decodeHeader(sealed)
  const table = encodeKeyTable({
    threshold: 2,
    groups: header.keyTable.groups.map((group) => ({
      ...group,
      slots: group.slots.map((slot) =>
        slot.reference === 'twin' ? { ...slot, reference: 'k0', keyVersion: '2' } : slot,
      ),
    })),
  })
  const altered = Buffer.concat([encodeHeader(header, table), sealed.subarray(length)])
  const keys = keyring({ groups: [[first.kek], [second.kek]], threshold: 2 })
  expect(textOf(await open(altered, { keys }))).toBe('x')
  expect(calls([first, second])).toEqual([1, 1])
})
