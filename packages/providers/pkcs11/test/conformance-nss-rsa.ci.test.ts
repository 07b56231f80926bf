import { startBackend } from '@keywright/backends'
import { defineConformance } from '@keywright/conformance'
import { test } from 'vitest'
import { nssRsaHarness } from '../conformance/harness-nss-rsa.ts'

// Not every day: two new RSA pairs for each case take a minute.
const nss = await startBackend('nss')
if (nss !== undefined) for (const { title, run } of defineConformance(nssRsaHarness(nss))) test(title, run)
