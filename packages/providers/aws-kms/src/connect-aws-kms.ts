import type { KekDriver } from '@keywright/core/provider'
import type { WithResilience } from '@keywright/resilience'
import { loadSdk } from './aws-kms-client.ts'
import { awsKmsDriver } from './aws-kms-driver.ts'
import type { AwsKmsOptions } from './aws-kms-options.ts'

/** Loads the SDK and finds the key; a client of ours is released where that fails. */
export async function connectAwsKms(
  options: WithResilience<AwsKmsOptions>,
  signal: AbortSignal | undefined,
): Promise<KekDriver> {
  const sdk = await loadSdk(options)
  try {
    return await awsKmsDriver(sdk, options, signal)
  } catch (error) {
    await sdk.close()
    throw error
  }
}
