import { expect, test } from 'vitest'
import { startBackend } from '../src/index.ts'

const moto = await startBackend('moto')
const { AWS_ENDPOINT_URL = '', KEYWRIGHT_AWS_KMS_KEY = '' } = moto?.environment ?? {}

async function describeKey(): Promise<number> {
  const scope = 'Credential=keywright/20260101/eu-central-1/kms/aws4_request'
  const answer = await fetch(AWS_ENDPOINT_URL, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'TrentService.DescribeKey',
      authorization: `AWS4-HMAC-SHA256 ${scope}, SignedHeaders=host, Signature=0`,
    },
    body: JSON.stringify({ KeyId: KEYWRIGHT_AWS_KMS_KEY.slice('aws-kms://'.length) }),
  })
  return answer.status
}

test('there is a first key, and a reset takes it away', async () => {
  expect(await describeKey()).toBe(200)
  const reset = await fetch(`${AWS_ENDPOINT_URL}/moto-api/reset`, { method: 'POST' })
  expect(reset.ok).toBe(true)
  expect(await describeKey()).toBe(400)
})
