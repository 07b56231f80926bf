import { awsKms } from '@keywright/aws-kms'
import { openBackend } from '@keywright/backends'
import { awsKmsEmulator } from '@keywright/emulators'
import type { KeyManager, ManagedKey } from './key-manager.ts'

/** Operations that unwrap nothing, for a principal whose right to unwrap is gone. */
const withoutUnwrap = ['DescribeKey', 'Encrypt', 'GenerateDataKey', 'ReEncryptTo']

/** A server of AWS KMS, whoever made it. */
interface AwsServer {
  readonly backend: string
  readonly environment: Readonly<Record<string, string>>
  /** Absent where the server checks no rights. */
  readonly access?: Pick<ManagedKey, 'revoke' | 'restore'> | undefined
  readonly unwrapCalls?: KeyManager['unwrapCalls']
  readonly stallUnwraps?: KeyManager['stallUnwraps']
  readonly close: () => Promise<void>
}

/** AWS KMS, by the project's own emulator; administered by the SDK. */
export async function startAwsKms(): Promise<KeyManager> {
  const { environment, grants, calls, faults, close } = await awsKmsEmulator()
  const principal = environment['AWS_ACCESS_KEY_ID'] ?? ''
  return awsKmsAt({
    backend: 'emulator',
    environment,
    access: {
      revoke: async () => grants.limit(principal, withoutUnwrap),
      restore: async () => grants.release(principal),
    },
    unwrapCalls: () => calls.count('Decrypt'),
    stallUnwraps: () => {
      const end = faults.add({ fault: { kind: 'stall' }, operations: ['Decrypt'] })
      const reached = new Promise<void>((resolve) => {
        const enough = calls.listen(({ operation }) => {
          if (operation !== 'Decrypt') return
          enough()
          resolve()
        })
      })
      return { reached, end }
    },
    close,
  })
}

/**
 * AWS KMS, by moto: of independent make, without rights, and without key materials in its answers.
 *
 * @throws BackendMissing
 */
export async function startMoto(): Promise<KeyManager> {
  const { environment, stop } = await openBackend('moto')
  return awsKmsAt({ backend: 'moto', environment, close: stop })
}

async function awsKmsAt(server: AwsServer): Promise<KeyManager> {
  const { backend, environment, access, unwrapCalls, stallUnwraps, close } = server
  const { AWS_ENDPOINT_URL_KMS: endpoint = '', AWS_REGION: region = '', ...secrets } = environment
  const { AWS_ACCESS_KEY_ID: accessKeyId = '', AWS_SECRET_ACCESS_KEY: secretAccessKey = '' } = secrets
  const sdk = await import('@aws-sdk/client-kms')
  const credentials = { accessKeyId, secretAccessKey }
  const client = new sdk.KMSClient({ endpoint, region, credentials, maxAttempts: 1 })
  const create = async (name: string, context: 'map' | 'digest'): Promise<ManagedKey> => {
    // moto does not fill in what is left out.
    const kind = { KeySpec: 'SYMMETRIC_DEFAULT', KeyUsage: 'ENCRYPT_DECRYPT' } as const
    const { KeyMetadata } = await client.send(new sdk.CreateKeyCommand(kind))
    const KeyId = KeyMetadata?.Arn ?? ''
    const AliasName = `alias/${name}`
    await client.send(new sdk.CreateAliasCommand({ AliasName, TargetKeyId: KeyId }))
    return {
      uri: `aws-kms://${AliasName}${context === 'digest' ? '?context=digest' : ''}`,
      kek: () => awsKms({ key: AliasName, context, client, resilience: false }),
      newVersion: async () => void (await client.send(new sdk.RotateKeyOnDemandCommand({ KeyId }))),
      ...access,
      // What enforces no rights goes on using disabled keys too.
      ...(access && {
        disable: async () => void (await client.send(new sdk.DisableKeyCommand({ KeyId }))),
        enable: async () => void (await client.send(new sdk.EnableKeyCommand({ KeyId }))),
      }),
    }
  }
  const createKey = (name: string): Promise<ManagedKey> => create(name, 'map')
  return {
    scheme: 'aws-kms',
    backend,
    environment,
    createKey,
    kinds: new Map([['aws-kms.digest', (name: string) => create(name, 'digest')]]),
    createRewrappable: createKey,
    rewrapsTo: 'other keys',
    unwrapCalls,
    stallUnwraps,
    close: async () => {
      client.destroy()
      await close()
    },
  }
}
