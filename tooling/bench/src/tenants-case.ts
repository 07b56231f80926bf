import { awsKms } from '@keywright/aws-kms'
import { type Keyring, keyring, seal } from '@keywright/core'
import { type AwsKmsEmulator, awsKmsEmulator } from '@keywright/emulators'
import type { BenchCase, CaseResult } from './bench-case.ts'
import type { Settings } from './measure.ts'
import { randomPlain } from './random-plain.ts'

const tenants = 1_000
/** Seals under way at once, as in a server with as many requests. */
const concurrency = 64
const plainBytes = 100

/** Seals `count` messages, each tenant's in turn, so that the cache is asked for another DEK by every one. */
async function sealForTenants(keys: Keyring, count: number): Promise<void> {
  const plain = randomPlain(plainBytes)
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < count) {
      const tenant = `tenant-${next++ % tenants}`
      await seal(plain, { keys, context: { tenant } })
    }
  }
  await Promise.all(Array.from({ length: concurrency }, worker))
}

async function timed(work: Promise<void>): Promise<number> {
  const startedMs = performance.now()
  await work
  return performance.now() - startedMs
}

/** A key of the emulator, made by the service's own call. */
async function createKey({ environment }: AwsKmsEmulator): Promise<string> {
  Object.assign(process.env, environment)
  const { CreateKeyCommand, KMSClient } = await import('@aws-sdk/client-kms')
  const client = new KMSClient()
  const { KeyMetadata } = await client.send(new CreateKeyCommand({}))
  client.destroy()
  if (KeyMetadata?.Arn === undefined) throw new Error('the emulator made no key')
  return KeyMetadata.Arn
}

async function run(settings: Settings): Promise<CaseResult> {
  const count = settings.quick ? 50_000 : 1_000_000
  const emulator = await awsKmsEmulator()
  try {
    const key = await createKey(emulator)
    const cached = { maxAgeMs: 3_600_000, maxEntries: tenants }
    const keys = keyring({ seal: [awsKms({ key })], cache: cached })
    emulator.calls.clear()
    const manyMs = await timed(sealForTenants(keys, count))
    const calls = emulator.calls.count()
    await keys.close()
    // The same seals as far as they need no key manager: one tenant's DEK is drawn once.
    const one = keyring({ seal: [awsKms({ key })], cache: cached })
    const plain = randomPlain(plainBytes)
    const oneMs = await timed(
      Promise.all(
        Array.from({ length: concurrency }, async () => {
          for (let n = 0; n < count / concurrency; n += 1)
            await seal(plain, { keys: one, context: { tenant: 'tenant-0' } })
        }),
      ).then(() => {}),
    )
    await one.close()
    const us = 1_000 / count
    return {
      id: 'seal-1000-tenants',
      unit: 'us',
      ours: manyMs * us,
      limit: oneMs * us,
      peers: {},
      beside: { seals: count, 'key-manager-calls': calls, 'calls-per-tenant': calls / tenants },
    }
  } finally {
    await emulator.close()
  }
}

/**
 * A million seals for a thousand tenants through one cache; the key manager's own log counts its calls. The limit is
 * the same number of seals for one tenant.
 */
export const tenantsCase: BenchCase = { id: 'seal-1000-tenants', run }
