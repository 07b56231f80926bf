import type { Provider } from '@keywright/core/provider'
import { resilientProvider, type WithResilience } from '@keywright/resilience'
import { connectClient } from './connect-client.ts'
import { classifyGcpKmsError } from './error-codes.ts'
import { gcpKmsDriver } from './gcp-kms-driver.ts'
import type { GcpKmsOptions } from './gcp-kms-options.ts'
import { checkedKey } from './key-name.ts'

/**
 * KEKs in Google Cloud KMS: symmetric keys of purpose ENCRYPT_DECRYPT, at any protection level.
 *
 * @throws KeywrightError `configuration` for a key or an endpoint outside its grammar; what the service refuses, by
 *   the table in `error-codes.ts`
 */
export const gcpKms: Provider<WithResilience<GcpKmsOptions>> = resilientProvider<GcpKmsOptions>({
  scheme: 'gcp-kms',
  parseUri: ({ reference }) => ({ key: checkedKey(reference) }),
  describeOptions: ({ key }) => checkedKey(key),
  connect: async (options) => gcpKmsDriver(await connectClient(options), options),
  classify: classifyGcpKmsError,
})
