import { type ConformanceHarness, conformanceCases, runCase } from '@keywright/conformance'
import type { Kek } from '@keywright/core'
import { expect, test } from 'vitest'
import { harness } from '../conformance/harness.ts'
import { withDataKey } from './datakey-mutant.ts'

const named = 'generation.binds-context'

function mutated(made: ConformanceHarness): ConformanceHarness {
  return {
    ...made,
    prepare: async () => {
      const stage = await made.prepare()
      const first = (): Kek => withDataKey(stage.first())
      return { ...stage, first }
    },
  }
}

test(`${named} catches the mutant that takes a datakey of a key whose associated data it drops`, async () => {
  const found = conformanceCases.find(({ id }) => id === named)
  if (found === undefined) throw new Error('the suite has no such case')
  expect((await runCase(found, mutated(harness))).result).toBe('fail')
})
