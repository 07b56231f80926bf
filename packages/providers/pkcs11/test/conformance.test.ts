import { startBackend } from '@keywright/backends'
import { defineConformance } from '@keywright/conformance'
import { test } from 'vitest'
import { softHsmHarness } from '../conformance/harness.ts'

const softhsm = await startBackend('softhsm')
if (softhsm !== undefined) {
  for (const { title, run } of defineConformance(softHsmHarness(softhsm))) test(title, run)
}
