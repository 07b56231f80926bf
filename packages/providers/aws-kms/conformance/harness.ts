import {
  CreateKeyCommand,
  DisableKeyCommand,
  EnableKeyCommand,
  KMSClient,
  RotateKeyOnDemandCommand,
  ScheduleKeyDeletionCommand,
} from '@aws-sdk/client-kms'
import type { ConformanceHarness } from '@keywright/conformance'
import { awsKmsEmulator } from '@keywright/emulators'
import { awsKms } from '../src/index.ts'
import { faultsOf } from './faults.ts'

/** The provider on the project's own emulator of AWS KMS, one for each case, with the context bound in either way. */
export const awsKmsHarness = (context: 'map' | 'digest'): ConformanceHarness => ({
  provider: 'aws-kms',
  backend: `emulator, context as a ${context}`,
  log: `who, which key, when, from where, and ${context === 'map' ? 'the context in clear text' : 'the digest of the context'}`,
  fromUri: awsKms.fromUri,
  prepare: async () => {
    const emulator = await awsKmsEmulator()
    const { AWS_ENDPOINT_URL_KMS: endpoint = '', AWS_REGION: region = '', ...secrets } = emulator.environment
    const { AWS_ACCESS_KEY_ID: accessKeyId = '', AWS_SECRET_ACCESS_KEY: secretAccessKey = '' } = secrets
    const credentials = { accessKeyId, secretAccessKey }
    const client = new KMSClient({ endpoint, region, credentials, maxAttempts: 1 })
    const newKey = async (): Promise<string> =>
      (await client.send(new CreateKeyCommand({}))).KeyMetadata?.Arn ?? ''
    const [first, second] = [await newKey(), await newKey()]
    const kek = (key: string) => () => awsKms({ key, client, context, resilience: false })
    const KeyId = first
    return {
      first: kek(first),
      second: kek(second),
      missing: kek(first.replace(/[0-9a-f]{12}$/, '000000000000')),
      secrets: [secretAccessKey],
      rotate: async () => void (await client.send(new RotateKeyOnDemandCommand({ KeyId }))),
      disable: async () => void (await client.send(new DisableKeyCommand({ KeyId }))),
      enable: async () => void (await client.send(new EnableKeyCommand({ KeyId }))),
      destroy: async () => void (await client.send(new ScheduleKeyDeletionCommand({ KeyId }))),
      deny: async () => emulator.grants.limit(accessKeyId, ['DescribeKey']),
      calls: () => emulator.calls.count(),
      faults: faultsOf(emulator, first),
      close: () => emulator.close(),
    }
  },
})

export const harness: ConformanceHarness = awsKmsHarness('map')
