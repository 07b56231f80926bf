import { defineConformance } from '@keywright/conformance'
import { describe, test } from 'vitest'
import { harness } from '../conformance/harness.ts'
import { harness as derived } from '../conformance/harness-derived.ts'

for (const each of [harness, derived]) {
  describe(each.backend, () => {
    for (const { title, run } of defineConformance(each)) test(title, run)
  })
}
