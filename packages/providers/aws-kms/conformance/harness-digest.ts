import type { ConformanceHarness } from '@keywright/conformance'
import { awsKmsHarness } from './harness.ts'

/** The same with nothing of the context but its digest. */
export const harness: ConformanceHarness = awsKmsHarness('digest')
