import { startBackend } from '@keywright/backends'
import { defineConformance } from '@keywright/conformance'
import { describe, test } from 'vitest'
import { harnesses } from '../conformance/harness-engine.ts'

// Says what is missing where it is; each case starts a server of its own.
if ((await startBackend('vault-transit')) !== undefined) {
  for (const harness of harnesses) {
    describe(harness.backend, () => {
      for (const { title, run } of defineConformance(harness)) test(title, run)
    })
  }
}
