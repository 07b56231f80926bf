import { type ConformanceCase, need, type Scene } from '../conformance-case.ts'
import { expectRefusal, expectThat } from '../expectation.ts'
import { expectUnwrapFailed, newDataKey, unwrapSlot, usualContext, wrapSlot } from '../slot.ts'

/** Spellings near a reference that must not be taken for it. */
function nearMisses(reference: string): readonly string[] {
  const last = reference.slice(0, -1)
  return [
    '',
    `${reference}x`,
    `${reference}/`,
    `x${reference}`,
    ` ${reference}`,
    `${reference}\0`,
    last,
    `./${reference}`,
  ]
}

const callsOf = ({ stage }: Scene): number => stage.calls?.() ?? 0

/** One key must never serve for another. */
export const wrongKeyCases: readonly ConformanceCase[] = [
  {
    id: 'wrong-key.other-material',
    proves: 'what one key wrapped does not unwrap under another',
    negative: true,
    run: async ({ first, second }) => {
      const { wrapped } = await wrapSlot(first, newDataKey())
      const own = await wrapSlot(second, newDataKey())
      await expectUnwrapFailed(second, { ...own, wrapped }, "the other key's wrapped bytes")
    },
  },
  {
    id: 'wrong-key.foreign-slot',
    proves: 'a slot that names another key is refused, whatever it holds',
    negative: true,
    run: async ({ first, second }) => {
      const slot = await wrapSlot(first, newDataKey())
      const { reference } = await second.connect()
      await expectRefusal('key-mismatch', () => unwrapSlot(first, { ...slot, reference }), 'a foreign slot')
    },
  },
  {
    id: 'wrong-key.foreign-slot-no-call',
    proves: 'a slot that names another key costs no request: a header cannot run up a bill',
    negative: true,
    abilities: ['calls'],
    run: async (scene) => {
      const { first, second } = scene
      const slot = await wrapSlot(first, newDataKey())
      const { reference } = await second.connect()
      const before = callsOf(scene)
      await expectRefusal('key-mismatch', () => unwrapSlot(first, { ...slot, reference }), 'a foreign slot')
      expectThat(callsOf(scene) === before, 'the key manager was asked about a foreign slot')
    },
  },
  {
    id: 'wrong-key.foreign-algorithm',
    proves: 'an algorithm that is not declared is refused, not guessed at',
    negative: true,
    run: async ({ first }) => {
      const slot = await wrapSlot(first, newDataKey())
      for (const algorithm of ['', 'none', `${slot.algorithm}x`, 'keywright.unknown']) {
        await expectRefusal('unsupported', () => unwrapSlot(first, { ...slot, algorithm }), `"${algorithm}"`)
      }
    },
  },
  {
    id: 'wrong-key.owns-itself',
    proves: 'a KEK owns its own canonical reference',
    negative: false,
    run: async ({ first, reference }) => {
      expectThat(await first.owns(reference), 'the KEK does not know its own reference')
    },
  },
  {
    id: 'wrong-key.owns-nothing-near',
    proves: 'a KEK owns neither another key nor a spelling near its own reference',
    negative: true,
    run: async ({ first, second, reference }) => {
      expectThat(!(await first.owns((await second.connect()).reference)), 'it owns the second key')
      for (const near of nearMisses(reference)) {
        expectThat(
          !(await first.owns(near)),
          `it owns a reference that is not its own: ${JSON.stringify(near)}`,
        )
      }
    },
  },
  {
    id: 'wrong-key.owns-is-pure',
    proves: 'owns makes no request and always says the same',
    negative: true,
    abilities: ['calls'],
    run: async (scene) => {
      const { first, reference } = scene
      const before = callsOf(scene)
      for (let round = 0; round < 3; round++) {
        expectThat(await first.owns(reference), 'the answer of owns changed')
        expectThat(!(await first.owns(`${reference}x`)), 'the answer of owns changed')
      }
      expectThat(callsOf(scene) === before, 'owns made a request')
    },
  },
  {
    id: 'wrong-key.answers-name-the-key',
    proves: 'the key that an answer names is one that the KEK owns',
    negative: false,
    needs: need.tellsKey,
    run: async ({ first, reference }) => {
      const wrap = await first.wrapKey({ dataKey: newDataKey(), context: usualContext })
      const slot = { ...wrap, keyVersion: wrap.keyVersion ?? '', reference }
      const unwrap = await first.unwrapKey({ ...slot, context: usualContext })
      for (const { answeredKey } of [wrap, unwrap]) {
        expectThat(answeredKey !== undefined, 'an answer names no key')
        expectThat(await first.owns(answeredKey), 'an answer names a key that the KEK does not own')
      }
    },
  },
  {
    id: 'wrong-key.answers-hide-the-key',
    proves:
      'a KEK that declares answers without a name gives none: a name that is not told cannot be checked',
    negative: true,
    needs: need.hidesKey,
    run: async ({ first, reference }) => {
      const wrap = await first.wrapKey({ dataKey: newDataKey(), context: usualContext })
      const slot = { ...wrap, keyVersion: wrap.keyVersion ?? '', reference }
      const unwrap = await first.unwrapKey({ ...slot, context: usualContext })
      expectThat(wrap.answeredKey === undefined, 'wrap names the key, and the capability says it does not')
      expectThat(
        unwrap.answeredKey === undefined,
        'unwrap names the key, and the capability says it does not',
      )
    },
  },
]
