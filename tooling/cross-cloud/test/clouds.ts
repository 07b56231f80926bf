import { CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms'
import { awsKms } from '@keywright/aws-kms'
import type { Kek } from '@keywright/core'
import { awsKmsEmulator, type Emulator, gcpKmsEmulator, vaultTransitEmulator } from '@keywright/emulators'
import { gcpKms } from '@keywright/gcp-kms'
import type { ResilienceOptions } from '@keywright/resilience'
import { vaultTransit } from '@keywright/vault-transit'
import { onTestFinished } from 'vitest'

/** One key manager with a key. */
export interface Cloud {
  readonly server: Emulator
  /** Name of the operation that unwraps, in the server's log. */
  readonly unwraps: string
  /** A new KEK over the key, with this policy. */
  readonly kek: (resilience?: ResilienceOptions) => Kek
}

/** Three clouds, for one test. */
export async function threeClouds(): Promise<{
  readonly aws: Cloud
  readonly gcp: Cloud
  readonly vault: Cloud
}> {
  const [aws, gcp, vault] = await Promise.all([inAws(), inGcp(), inVault()])
  return { aws, gcp, vault }
}

async function inAws(): Promise<Cloud> {
  const server = await awsKmsEmulator()
  const { AWS_ENDPOINT_URL_KMS: endpoint = '', AWS_REGION: region = '' } = server.environment
  const { AWS_ACCESS_KEY_ID: accessKeyId = '', AWS_SECRET_ACCESS_KEY: secretAccessKey = '' } =
    server.environment
  const client = new KMSClient({
    endpoint,
    region,
    credentials: { accessKeyId, secretAccessKey },
    maxAttempts: 1,
  })
  onTestFinished(async () => {
    client.destroy()
    await server.close()
  })
  const { KeyMetadata } = await client.send(new CreateKeyCommand({}))
  const key = KeyMetadata?.Arn ?? ''
  return { server, unwraps: 'Decrypt', kek: (resilience) => awsKms({ key, client, resilience }) }
}

async function inGcp(): Promise<Cloud> {
  const server = await gcpKmsEmulator()
  onTestFinished(server.close)
  const key = 'projects/acme/locations/global/keyRings/app/cryptoKeys/orders'
  server.createKey(key)
  return {
    server,
    unwraps: 'Decrypt',
    kek: (resilience) => gcpKms({ key, endpoint: server.url, resilience }),
  }
}

async function inVault(): Promise<Cloud> {
  const server = await vaultTransitEmulator()
  onTestFinished(server.close)
  const headers = { 'x-vault-token': server.rootToken }
  const made = await fetch(`${server.url}/v1/transit/keys/orders`, { method: 'POST', headers })
  if (!made.ok) throw new Error(`the key was answered with ${made.status}`)
  const auth = { method: 'token', token: server.rootToken } as const
  const options = { key: 'orders', address: server.url, auth }
  return { server, unwraps: 'decrypt', kek: (resilience) => vaultTransit({ ...options, resilience }) }
}
