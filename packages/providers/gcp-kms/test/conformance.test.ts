import { defineConformance } from '@keywright/conformance'
import { test } from 'vitest'
import { harness } from '../conformance/harness.ts'

for (const { title, run } of defineConformance(harness)) test(title, run)
