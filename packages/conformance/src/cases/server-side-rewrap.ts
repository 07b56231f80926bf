import { isKeywrightError, type Kek, type KeyContext } from '@keywright/core'
import { type ConformanceCase, need, type Scene } from '../conformance-case.ts'
import { keyContext } from '../context.ts'
import { expectRefusal, expectSameBytes, expectThat } from '../expectation.ts'
import {
  expectUnwrapFailed,
  newDataKey,
  unwrapSlot,
  usualContext,
  type WrappedSlot,
  wrapSlot,
} from '../slot.ts'

/** Moves a slot to another KEK inside the key manager. */
async function rewrapTo(
  kek: Kek,
  slot: WrappedSlot,
  context: KeyContext = usualContext,
): Promise<WrappedSlot> {
  const { reference } = await kek.connect()
  const { wrapped, keyVersion = '', algorithm } = await kek.rewrapKey({ ...slot, context })
  return { wrapped, reference, keyVersion, algorithm }
}

/**
 * The KEK whose slots are moved to the first: the second, or the first itself where the key manager rewraps a key's own
 * slots alone, from version to version, and says of others that it does not support them.
 */
async function sourceOf({ first, second }: Scene): Promise<Kek> {
  try {
    await rewrapTo(first, await wrapSlot(second, newDataKey()))
    return second
  } catch (error) {
    if (isKeywrightError(error, 'unsupported')) return first
    throw error
  }
}

/** A rewrap inside the key manager, which never shows the data key. */
export const serverSideRewrapCases: readonly ConformanceCase[] = [
  {
    id: 'rewrap.moves',
    proves: 'a rewrapped key unwraps under the new KEK to the same data key, and no longer names the old one',
    negative: false,
    needs: need.rewrap,
    run: async (scene) => {
      const { first } = scene
      const source = await sourceOf(scene)
      const dataKey = newDataKey()
      const old = await wrapSlot(source, dataKey)
      const moved = await rewrapTo(first, old)
      expectThat(Buffer.compare(moved.wrapped, old.wrapped) !== 0, 'the wrapped bytes are the old ones')
      expectSameBytes(await unwrapSlot(first, moved), dataKey, 'the data key')
    },
  },
  {
    id: 'rewrap.same-as-fall-back',
    proves: 'a rewrap gives what an unwrap and a wrap give: same data key, same algorithm, same version',
    negative: false,
    needs: need.rewrap,
    run: async (scene) => {
      const { first } = scene
      const source = await sourceOf(scene)
      const old = await wrapSlot(source, newDataKey())
      const moved = await rewrapTo(first, old)
      const carried = await wrapSlot(first, await unwrapSlot(source, old))
      expectThat(moved.algorithm === carried.algorithm, 'two algorithms')
      expectThat(moved.keyVersion === carried.keyVersion, 'two versions')
      expectSameBytes(await unwrapSlot(first, moved), await unwrapSlot(first, carried), 'the data key')
    },
  },
  {
    id: 'rewrap.keeps-binding',
    proves: 'a rewrapped key stays bound to its context',
    negative: true,
    needs: need.boundRewrap,
    run: async (scene) => {
      const { first } = scene
      const source = await sourceOf(scene)
      const context = keyContext({ tenant: 'a' })
      const moved = await rewrapTo(first, await wrapSlot(source, newDataKey(), context), context)
      await expectUnwrapFailed(first, moved, 'under another context', keyContext({ tenant: 'b' }))
    },
  },
  {
    id: 'rewrap.checks-context',
    proves: 'a rewrap under another context is refused: it would launder the binding',
    negative: true,
    needs: need.boundRewrap,
    run: async (scene) => {
      const { first } = scene
      const source = await sourceOf(scene)
      const old = await wrapSlot(source, newDataKey(), keyContext({ tenant: 'a' }))
      await expectRefusal('unwrap-failed', () => rewrapTo(first, old, keyContext({ tenant: 'b' })))
    },
  },
  {
    id: 'rewrap.checks-input',
    proves: 'a changed wrapped key is refused, not carried over',
    negative: true,
    needs: need.rewrap,
    run: async (scene) => {
      const { first } = scene
      const source = await sourceOf(scene)
      const old = await wrapSlot(source, newDataKey())
      const wrapped = old.wrapped.map((byte, index) => (index === old.wrapped.length - 1 ? byte ^ 1 : byte))
      await expectRefusal('unwrap-failed', () => rewrapTo(first, { ...old, wrapped }))
    },
  },
  {
    id: 'rewrap.old-slot-survives',
    proves: 'after a rewrap that failed, and after one that worked, the old slot still unwraps',
    negative: false,
    needs: need.rewrap,
    run: async (scene) => {
      const { first } = scene
      const source = await sourceOf(scene)
      const dataKey = newDataKey()
      const old = await wrapSlot(source, dataKey)
      await expectRefusal('unwrap-failed', () =>
        rewrapTo(first, { ...old, wrapped: old.wrapped.map((b) => b ^ 1) }),
      )
      expectSameBytes(await unwrapSlot(source, old), dataKey, 'after a failed rewrap')
      await rewrapTo(first, old)
      expectSameBytes(await unwrapSlot(source, old), dataKey, 'after a rewrap')
    },
  },
  {
    id: 'rewrap.shows-no-key',
    proves: 'the answer of a rewrap holds a wrapped key and no data key',
    negative: true,
    needs: need.rewrap,
    run: async (scene) => {
      const { first } = scene
      const source = await sourceOf(scene)
      const dataKey = newDataKey()
      const old = await wrapSlot(source, dataKey)
      const answer = await first.rewrapKey({ ...old, context: usualContext })
      const known = ['wrapped', 'answeredKey', 'keyVersion', 'algorithm']
      const others = Object.keys(answer).filter((name) => !known.includes(name))
      expectThat(others.length === 0, `the answer carries ${others.join(', ')}`)
      expectThat(!Buffer.from(answer.wrapped).includes(Buffer.from(dataKey)), 'the answer shows the data key')
    },
  },
  {
    id: 'rewrap.uses-current-version',
    proves: 'a rewrap after a rotation ends under the new version',
    negative: false,
    needs: need.rewrap,
    abilities: ['rotate'],
    run: async (scene) => {
      const { first, stage } = scene
      const source = await sourceOf(scene)
      const dataKey = newDataKey()
      const old = await wrapSlot(source, dataKey)
      await stage.rotate?.()
      const moved = await rewrapTo(first, old)
      const { keyVersion } = await wrapSlot(first, newDataKey())
      expectThat(moved.keyVersion === keyVersion, 'the rewrapped key is not under the current version')
      expectSameBytes(await unwrapSlot(first, moved), dataKey, 'the data key')
    },
  },
  {
    id: 'rewrap.not-declared',
    proves: 'a KEK that declares no server-side rewrap refuses it',
    negative: true,
    needs: need.noRewrap,
    run: async ({ first, second }) => {
      const old = await wrapSlot(second, newDataKey())
      await expectRefusal('unsupported', () => rewrapTo(first, old))
    },
  },
]
