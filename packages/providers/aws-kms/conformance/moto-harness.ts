import {
  CreateKeyCommand,
  DisableKeyCommand,
  EnableKeyCommand,
  KMSClient,
  RotateKeyOnDemandCommand,
  ScheduleKeyDeletionCommand,
} from '@aws-sdk/client-kms'
import type { ConformanceHarness } from '@keywright/conformance'
import { awsKms } from '../src/index.ts'

/**
 * The provider on a moto that runs. No harness module of the workspace: some cases have to fail here, for what moto does
 * otherwise than AWS, and without its environment the SDK would ask AWS itself.
 *
 * @param environment of the backend
 */
export function motoHarness(environment: Readonly<Record<string, string | undefined>>): ConformanceHarness {
  const { AWS_ENDPOINT_URL: endpoint, AWS_REGION: region = 'eu-central-1' } = environment
  if (endpoint === undefined) throw new Error('the environment names no moto')
  const credentials = { accessKeyId: 'keywright', secretAccessKey: 'keywright-secret' }
  return {
    provider: 'aws-kms',
    backend: 'moto',
    fromUri: awsKms.fromUri,
    prepare: async () => {
      const client = new KMSClient({ endpoint, region, credentials, maxAttempts: 1 })
      // Named, for moto describes a key without usage where none was named.
      const create = new CreateKeyCommand({ KeyUsage: 'ENCRYPT_DECRYPT' })
      const newKey = async (): Promise<string> => (await client.send(create)).KeyMetadata?.KeyId ?? ''
      const [KeyId, second] = [await newKey(), await newKey()]
      // By their ids: DescribeKey then says that moto tells no key material.
      const kek = (key: string) => () => awsKms({ key, client, resilience: false })
      return {
        first: kek(KeyId),
        second: kek(second),
        missing: kek('00000000-0000-4000-8000-000000000000'),
        secrets: [credentials.secretAccessKey],
        rotate: async () => void (await client.send(new RotateKeyOnDemandCommand({ KeyId }))),
        disable: async () => void (await client.send(new DisableKeyCommand({ KeyId }))),
        enable: async () => void (await client.send(new EnableKeyCommand({ KeyId }))),
        destroy: async () => void (await client.send(new ScheduleKeyDeletionCommand({ KeyId }))),
        close: async () => client.destroy(),
      }
    },
  }
}
