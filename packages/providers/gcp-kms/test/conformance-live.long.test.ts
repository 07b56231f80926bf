import { type ConformanceHarness, defineConformance } from '@keywright/conformance'
import { expect, test } from 'vitest'
import { gcpKms } from '../src/index.ts'

const first = process.env['KEYWRIGHT_LIVE_GCP_KMS_KEY']
const second = process.env['KEYWRIGHT_LIVE_GCP_KMS_KEY_SECOND']

if (first === undefined || second === undefined) {
  test('the live service: name two keys in KEYWRIGHT_LIVE_GCP_KMS_KEY and KEYWRIGHT_LIVE_GCP_KMS_KEY_SECOND', () => {
    expect(first === undefined || second === undefined).toBe(true)
  })
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
