import { CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms'
import { awsKms } from '@keywright/aws-kms'
import type { Kek } from '@keywright/core'
import {
  type AnsweredCall,
  awsKmsEmulator,
  type Emulator,
  gcpKmsEmulator,
  vaultTransitEmulator,
} from '@keywright/emulators'
import { gcpKms } from '@keywright/gcp-kms'
import type { ResilienceOptions } from '@keywright/resilience'
import { vaultTransit } from '@keywright/vault-transit'
import { onTestFinished } from 'vitest'

/** The key of Google Cloud KMS. */
export const gcpKey = 'projects/acme/locations/europe-west3/keyRings/app/cryptoKeys/orders'

/** A key manager with one key. */
export interface Cloud {
  readonly kek: Kek
  readonly emulator: Emulator
  /** Calls that unwrap, as its server counted them; calls that it never answered are among them. */
  readonly unwraps: () => number
  /** Settles when such a call arrives, or one that wraps. */
  readonly asked: () => Promise<void>
}

function cloud(kek: Kek, emulator: Emulator, names: { unwrap: RegExp; wrap: RegExp }): Cloud {
  onTestFinished(async () => {
    await kek.close()
    await emulator.close()
  })
  const isUnwrap = ({ operation }: AnsweredCall): boolean => names.unwrap.test(operation)
  return {
    kek,
    emulator,
    unwraps: () => emulator.calls.latest.filter(isUnwrap).length,
    asked: () =>
      new Promise((resolve) => {
        const end = emulator.calls.listen((call) => {
          if (!isUnwrap(call) && !names.wrap.test(call.operation)) return
          end()
          resolve()
        })
      }),
  }
}

async function aws(resilience: ResilienceOptions): Promise<Cloud> {
  const emulator = await awsKmsEmulator()
  const { AWS_REGION: region = '', ...secrets } = emulator.environment
  const { AWS_ACCESS_KEY_ID: accessKeyId = '', AWS_SECRET_ACCESS_KEY: secretAccessKey = '' } = secrets
  const credentials = { accessKeyId, secretAccessKey }
  const client = new KMSClient({ endpoint: emulator.url, region, credentials, maxAttempts: 1 })
  onTestFinished(() => client.destroy())
  const { KeyMetadata } = await client.send(new CreateKeyCommand({}))
  const kek = awsKms({ key: KeyMetadata?.Arn ?? '', client, resilience })
  return cloud(kek, emulator, { unwrap: /^Decrypt$/, wrap: /^(Encrypt|GenerateDataKey)$/ })
}

async function gcp(resilience: ResilienceOptions): Promise<Cloud> {
  const emulator = await gcpKmsEmulator()
  emulator.createKey(gcpKey)
  const kek = gcpKms({ key: gcpKey, endpoint: emulator.url, resilience })
  return cloud(kek, emulator, { unwrap: /^Decrypt$/, wrap: /^Encrypt$/ })
}

async function vault(resilience: ResilienceOptions): Promise<Cloud> {
  const emulator = await vaultTransitEmulator()
  const { url: address, rootToken: token } = emulator
  const made = await fetch(`${address}/v1/transit/keys/orders`, {
    method: 'POST',
    headers: { 'X-Vault-Token': token },
    body: JSON.stringify({ type: 'aes256-gcm96' }),
  })
  await made.arrayBuffer()
  const kek = vaultTransit({ key: 'orders', address, auth: { method: 'token', token }, resilience })
  return cloud(kek, emulator, { unwrap: /transit\/decrypt\//, wrap: /transit\/(encrypt|datakey)/ })
}

/** AWS KMS, Google Cloud KMS and Vault, nearest first, which end with the test. */
export async function threeClouds(resilience: ResilienceOptions): Promise<readonly [Cloud, Cloud, Cloud]> {
  return Promise.all([aws(resilience), gcp(resilience), vault(resilience)])
}
