import { KeywrightError, type Provider } from '@keywright/core/provider'
import { resilientProvider, type WithResilience } from '@keywright/resilience'
import type { AwsKmsOptions } from './aws-kms-options.ts'
import { classifyAwsError } from './error-codes.ts'
import { checkedRegion, parseKeyName } from './key-name.ts'

/**
 * KEKs in AWS Key Management Service. The SDK is loaded on first use; credentials come from its default chain alone.
 *
 * @throws KeywrightError `configuration` for a key, Region or option outside its grammar; what the service refuses, by
 * the table in `error-codes.ts`
 */
export const awsKms: Provider<WithResilience<AwsKmsOptions>> = resilientProvider<AwsKmsOptions>({
  scheme: 'aws-kms',
  parseUri: ({ reference }) => optionsOfUri(reference),
  describeOptions: (options) => nameOf(options),
  connect: async (options, { signal }) => {
    // Neither the SDK nor what uses it is loaded before a KEK is used.
    const { connectAwsKms } = await import('./connect-aws-kms.ts')
    return connectAwsKms(options, signal)
  },
  classify: classifyAwsError,
})

const uriGrammar = /^([^?]*)(?:\?(?:region=([a-z0-9-]+))?&?(?:context=(map|digest))?)?$/

/** `KEY`, `KEY?region=REGION`, `KEY?context=digest` or `KEY?region=REGION&context=digest`. */
function optionsOfUri(reference: string): AwsKmsOptions {
  const [, key, region, context] = uriGrammar.exec(reference) ?? []
  const options = { key: key ?? '', region, context: context as AwsKmsOptions['context'] }
  if (key !== undefined && nameOf(options) === reference) return options
  throw refused('key', 'write aws-kms://KEY, then ?region=REGION, ?context=digest or both, with & between')
}

/** The key's URI without its scheme; checks the options on the way. */
function nameOf({ key, region, context, formerKeys = [] }: AwsKmsOptions): string {
  const { text } = parseKeyName(key)
  if (context !== undefined && context !== 'map' && context !== 'digest') {
    throw refused('context', 'the context is bound as a map or as a digest')
  }
  if (formerKeys.length > 16 || !formerKeys.every((former) => parseKeyName(former).isKeyArn)) {
    throw refused('formerKeys', 'at most 16 former keys, each by its key ARN')
  }
  const settings = Object.entries({ region: region === undefined ? region : checkedRegion(region), context })
  const given = settings.flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]))
  return given.length === 0 ? text : `${text}?${given.join('&')}`
}

function refused(field: string, rule: string): KeywrightError {
  return new KeywrightError('configuration', rule, { field })
}
