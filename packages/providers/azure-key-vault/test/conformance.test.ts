import { defineConformance } from '@keywright/conformance'
import { describe, test } from 'vitest'
import { harness as vault } from '../conformance/harness.ts'
import { harness as hsm } from '../conformance/harness-managed-hsm.ts'
import { harness as hsmKeyWrap } from '../conformance/harness-managed-hsm-key-wrap.ts'

for (const harness of [vault, hsm, hsmKeyWrap]) {
  describe(harness.backend, () => {
    for (const { title, run } of defineConformance(harness)) test(title, run)
  })
}
