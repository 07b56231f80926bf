import { defineConformance } from '@keywright/conformance'
import { test } from 'vitest'
import { harness } from '../conformance/harness-digest.ts'

for (const { title, run } of defineConformance(harness)) test(title, run)
