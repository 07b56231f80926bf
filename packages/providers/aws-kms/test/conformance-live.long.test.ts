import { defineConformance } from '@keywright/conformance'
import { test } from 'vitest'
import { awsKms } from '../src/index.ts'

const { KEYWRIGHT_LIVE_AWS_KMS_KEY: first, KEYWRIGHT_LIVE_AWS_KMS_SECOND: second } = process.env

if (first === undefined || second === undefined) {
  const how = 'KEYWRIGHT_LIVE_AWS_KMS_KEY and KEYWRIGHT_LIVE_AWS_KMS_SECOND name the ARNs of two keys'
  test(`AWS itself is not asked: ${how}`, ({ skip }) => skip(how))
} else {
  const harness = {
    provider: 'aws-kms',
    backend: 'AWS',
    fromUri: awsKms.fromUri,
    prepare: async () => ({ first: () => awsKms({ key: first }), second: () => awsKms({ key: second }) }),
  }
  for (const { title, run } of defineConformance(harness)) test(title, run)
}
