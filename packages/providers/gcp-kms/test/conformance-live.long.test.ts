import { type ConformanceHarness, defineConformance } from '@keywright/conformance'
import { test } from 'vitest'
import { gcpKms } from '../src/index.ts'

const { KEYWRIGHT_LIVE_GCP_KMS_KEY: first, KEYWRIGHT_LIVE_GCP_KMS_SECOND: second } = process.env

if (first === undefined || second === undefined) {
  const how = 'KEYWRIGHT_LIVE_GCP_KMS_KEY and KEYWRIGHT_LIVE_GCP_KMS_SECOND hold the full names of two keys'
  test(`Google itself is not asked: ${how}`, ({ skip }) => skip(how))
} else {
  const kek = gcpKms({ key: first })
  const { protectionLevel } = await kek.describeKey()
  await kek.close()
  const level = protectionLevel === 'unknown' ? undefined : protectionLevel
  const harness: ConformanceHarness = {
    provider: 'gcp-kms',
    backend: 'Google Cloud KMS',
    fromUri: gcpKms.fromUri,
    deadlineMs: 300_000,
    prepare: async () => ({
      first: () => gcpKms({ key: first, protectionLevel: level }),
      second: () => gcpKms({ key: second, protectionLevel: level }),
      missing: () =>
        gcpKms({
          key: `${first.slice(0, first.lastIndexOf('/'))}/keywright-missing-key`,
          protectionLevel: level,
        }),
    }),
  }
  for (const { title, run } of defineConformance(harness)) test(title, run)
}
