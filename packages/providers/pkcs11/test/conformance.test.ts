import { startBackend } from '@keywright/backends'
import { defineConformance } from '@keywright/conformance'
import { test } from 'vitest'
import { softHsmHarness } from '../conformance/harness.ts'
import { softHsmKeyWrapHarness } from '../conformance/harness-softhsm-key-wrap.ts'

const softhsm = await startBackend('softhsm')
if (softhsm !== undefined) {
  for (const { title, run } of defineConformance(softHsmHarness(softhsm))) test(`AES-GCM: ${title}`, run)
  for (const { title, run } of defineConformance(softHsmKeyWrapHarness(softhsm)))
    test(`AES-KWP: ${title}`, run)
}
