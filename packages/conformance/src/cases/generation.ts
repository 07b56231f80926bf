import type { Kek } from '@keywright/core'
import { type ConformanceCase, need } from '../conformance-case.ts'
import { keyContext } from '../context.ts'
import { expectRefusal, expectSameBytes, expectThat } from '../expectation.ts'
import { expectUnwrapFailed, unwrapSlot, usualContext, type WrappedSlot } from '../slot.ts'

async function generate(
  kek: Kek,
  context = usualContext,
): Promise<WrappedSlot & { readonly dataKey: Uint8Array }> {
  const { reference } = await kek.connect()
  const { dataKey, wrapped, keyVersion = '', algorithm } = await kek.generateDataKey({ context })
  return { dataKey, wrapped, reference, keyVersion, algorithm }
}

/** Data keys that the key manager draws. */
export const generationCases: readonly ConformanceCase[] = [
  {
    id: 'generation.unwraps',
    proves: 'a generated data key has 32 bytes and is what its wrapped form unwraps to',
    negative: false,
    needs: need.generation,
    run: async ({ first }) => {
      const { dataKey, ...slot } = await generate(first)
      expectThat(dataKey.length === 32, 'a generated data key has not 32 bytes')
      expectSameBytes(await unwrapSlot(first, slot), dataKey, 'the generated data key')
    },
  },
  {
    id: 'generation.fresh',
    proves: 'every generated data key is another one',
    negative: true,
    needs: need.generation,
    run: async ({ first }) => {
      const one = await generate(first)
      const other = await generate(first)
      expectThat(Buffer.compare(one.dataKey, other.dataKey) !== 0, 'the same data key was generated twice')
    },
  },
  {
    id: 'generation.binds-context',
    proves: 'a generated data key is bound to its context as a wrapped one is',
    negative: true,
    needs: need.boundGeneration,
    run: async ({ first }) => {
      const slot = await generate(first, keyContext({ tenant: 'a' }))
      await expectUnwrapFailed(first, slot, 'under another context', keyContext({ tenant: 'b' }))
    },
  },
  {
    id: 'generation.checks-length',
    proves: 'a generated data key of 31 bytes is refused',
    negative: true,
    needs: need.generation,
    abilities: ['fault:short-data-key'],
    run: async ({ first, stage }) => {
      stage.faults?.['short-data-key']?.()
      await expectRefusal('invalid-response', () => generate(first))
    },
  },
  {
    id: 'generation.not-declared',
    proves: 'a KEK that declares no generation refuses it',
    negative: true,
    needs: need.noGeneration,
    run: async ({ first }) => {
      await expectRefusal('unsupported', () => generate(first))
    },
  },
]
