import { startBackend } from '@keywright/backends'
import { defineConformance } from '@keywright/conformance'
import { test } from 'vitest'
import { nssHarness } from '../conformance/harness-nss.ts'

const nss = await startBackend('nss')
if (nss !== undefined) for (const { title, run } of defineConformance(nssHarness(nss))) test(title, run)
