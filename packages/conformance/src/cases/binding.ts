import type { KeyContext } from '@keywright/core'
import { type ConformanceCase, need, type Scene } from '../conformance-case.ts'
import { keyContext } from '../context.ts'
import { expectSameBytes } from '../expectation.ts'
import { expectUnwrapFailed, newDataKey, unwrapSlot, wrapSlot } from '../slot.ts'

interface Difference {
  readonly name: string
  readonly proves: string
  readonly wrapped: KeyContext
  readonly asked: KeyContext
  readonly needs?: ConformanceCase['needs']
}

const tenantA = keyContext({ tenant: 'a', table: 'orders' })
const tenantB = keyContext({ tenant: 'b', table: 'orders' })

/** Each row is wrapped under one context and must not unwrap under the other. */
const differences: readonly Difference[] = [
  { name: 'wrong-value', proves: 'another value does not unwrap', wrapped: tenantA, asked: tenantB },
  {
    name: 'no-context',
    proves: 'leaving the context out does not unwrap',
    wrapped: tenantA,
    asked: keyContext(),
  },
  {
    name: 'missing-pair',
    proves: 'leaving one pair out does not unwrap',
    wrapped: tenantA,
    asked: keyContext({ tenant: 'a' }),
  },
  {
    name: 'extra-pair',
    proves: 'one pair more does not unwrap',
    wrapped: keyContext({ tenant: 'a' }),
    asked: tenantA,
  },
  {
    name: 'extra-pair-on-none',
    proves: 'a context does not unwrap what was wrapped under none',
    wrapped: keyContext(),
    asked: tenantA,
  },
  {
    name: 'swapped-values',
    proves: 'two values in exchange do not unwrap',
    wrapped: keyContext({ a: '1', b: '2' }),
    asked: keyContext({ a: '2', b: '1' }),
  },
  {
    name: 'moved-boundary',
    proves: 'the border between name and value counts',
    wrapped: keyContext({ ab: 'c' }),
    asked: keyContext({ a: 'bc' }),
  },
  {
    name: 'empty-value',
    proves: 'an empty value differs from a missing name',
    wrapped: keyContext({ tenant: 'a', table: '' }),
    asked: keyContext({ tenant: 'a' }),
  },
  {
    name: 'letter-case',
    proves: 'the case of letters counts, in names and values',
    wrapped: keyContext({ Tenant: 'a' }),
    asked: keyContext({ tenant: 'a' }),
  },
  {
    name: 'normalisation',
    proves: 'two spellings of one accented letter are two values',
    wrapped: keyContext({ tenant: 'caf\u00e9' }),
    asked: keyContext({ tenant: 'cafe\u0301' }),
  },
  {
    name: 'prototype-name',
    proves: 'a pair named __proto__ is bound like any other',
    wrapped: keyContext({ ['__proto__']: 'a' }),
    asked: keyContext({ ['__proto__']: 'b' }),
  },
  {
    name: 'role',
    proves: 'a share is never taken for a whole data key',
    wrapped: keyContext({ tenant: 'a' }, 'share'),
    asked: keyContext({ tenant: 'a' }, 'dek'),
  },
  {
    name: 'pairs-reach-the-service',
    proves: 'a native map binds the pairs themselves, not only their digest',
    wrapped: tenantA,
    asked: { ...tenantA, pairs: tenantB.pairs },
    needs: need.nativeMap,
  },
  {
    name: 'digest-reaches-the-service',
    proves: 'native bytes bind the digest itself, not only the pairs',
    wrapped: tenantA,
    asked: { ...tenantA, digest: tenantB.digest },
    needs: need.nativeBytes,
  },
]

// KW-BIND-6
const refused = ({ name, proves, wrapped, asked, needs }: Difference): ConformanceCase => ({
  id: `binding.${name}`,
  proves,
  negative: true,
  needs: needs ?? need.nativeBinding,
  run: async ({ first }) =>
    expectUnwrapFailed(first, await wrapSlot(first, newDataKey(), wrapped), proves, asked),
})

const sameKey = async ({ first }: Scene, wrapped: KeyContext, asked: KeyContext): Promise<void> => {
  const dataKey = newDataKey()
  expectSameBytes(
    await unwrapSlot(first, await wrapSlot(first, dataKey, wrapped), asked),
    dataKey,
    'the data key',
  )
}

/** The context at the key manager, and the honesty of what is declared of it. */
export const bindingCases: readonly ConformanceCase[] = [
  ...differences.map(refused),
  {
    id: 'binding.order-of-pairs',
    proves: 'the order in which pairs were written does not count',
    negative: false,
    needs: need.nativeBinding,
    run: (scene) => sameKey(scene, keyContext({ a: '1', b: '2' }), keyContext({ b: '2', a: '1' })),
  },
  {
    id: 'binding.only-what-is-declared',
    proves: 'a KEK that declares no native binding binds nothing: the declaration is what others rely on',
    negative: false,
    needs: need.envelopeBinding,
    run: (scene) => sameKey(scene, tenantA, tenantB),
  },
]
