import { awsKms } from '@keywright/aws-kms'
import { awsKmsEmulator } from '@keywright/emulators'
import type { KeyManager, ManagedKey } from './key-manager.ts'

/** Operations that unwrap nothing, for a principal whose right to unwrap is gone. */
const withoutUnwrap = ['DescribeKey', 'Encrypt', 'GenerateDataKey', 'ReEncryptTo']

/** AWS KMS, by the project's own emulator; administered by the SDK. */
export async function startAwsKms(): Promise<KeyManager> {
  const { environment, grants, calls, close } = await awsKmsEmulator()
  const { AWS_ENDPOINT_URL_KMS: endpoint = '', AWS_REGION: region = '', ...secrets } = environment
  const { AWS_ACCESS_KEY_ID: accessKeyId = '', AWS_SECRET_ACCESS_KEY: secretAccessKey = '' } = secrets
  const sdk = await import('@aws-sdk/client-kms')
  const credentials = { accessKeyId, secretAccessKey }
  const client = new sdk.KMSClient({ endpoint, region, credentials, maxAttempts: 1 })
  const createKey = async (name: string): Promise<ManagedKey> => {
    const { KeyMetadata } = await client.send(new sdk.CreateKeyCommand({}))
    const KeyId = KeyMetadata?.Arn ?? ''
    const AliasName = `alias/${name}`
    await client.send(new sdk.CreateAliasCommand({ AliasName, TargetKeyId: KeyId }))
    return {
      uri: `aws-kms://${AliasName}`,
      kek: () => awsKms({ key: AliasName, client, resilience: false }),
      newVersion: async () => void (await client.send(new sdk.RotateKeyOnDemandCommand({ KeyId }))),
      revoke: async () => grants.limit(accessKeyId, withoutUnwrap),
      restore: async () => grants.release(accessKeyId),
    }
  }
  return {
    scheme: 'aws-kms',
    backend: 'emulator',
    environment,
    createKey,
    createRewrappable: createKey,
    rewrapsTo: 'other keys',
    unwrapCalls: () => calls.count('Decrypt'),
    close: async () => {
      client.destroy()
      await close()
    },
  }
}
