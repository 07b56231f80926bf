import { type ConformanceHarness, defineConformance } from '@keywright/conformance'
import { memoryHarness } from '@keywright/conformance/memory'
import { test } from 'vitest'
import { resilient } from '../src/index.ts'

// One try: the suite says what a KEK does with one call. Every KEK of the reference provider wears the policy.
const plain = memoryHarness()
const harness: ConformanceHarness = {
  ...plain,
  prepare: async (...given) => {
    const bench = await plain.prepare(...given)
    const { missing } = bench
    return {
      ...bench,
      first: () => resilient(bench.first(), { attempts: 1 }),
      second: () => resilient(bench.second(), { attempts: 1 }),
      ...(missing !== undefined && { missing: () => resilient(missing(), { attempts: 1 }) }),
    }
  },
}

for (const { title, run } of defineConformance(harness)) test(title, run)
