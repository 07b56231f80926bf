import { type Kek, type Provider, type ProviderDefinition, provider } from '@keywright/core/provider'
import type { ResilienceOptions } from './options.ts'
import { resilient } from './resilient.ts'

/** A provider's options with those of the policy around its KEKs. */
export type WithResilience<Options> = Options & {
  /** Bounds and times of the policy; `false` leaves it off, for a KEK that wears one of the caller's. Default: on. */
  readonly resilience?: ResilienceOptions | false | undefined
}

/**
 * Makes a provider whose KEKs wait, retry and stop calling within bounds: core's `provider`, then {@link resilient}.
 * Turn the retries of the service's own client off in `connect`; two layers multiply. A KEK made from a URI has the
 * default bounds.
 *
 * @param definition how to parse a key URI, connect, and classify what the service's client throws; it sees the options
 *   with `resilience` among them
 * @returns a function from options to a KEK; throws `configuration` for a bound out of its range
 */
export function resilientProvider<Options>(
  definition: ProviderDefinition<Options>,
): Provider<WithResilience<Options>> {
  const bare = provider(definition)
  const make = (options: WithResilience<Options>): Kek => {
    const { resilience } = options
    return resilience === false ? bare(options) : resilient(bare(options), resilience)
  }
  return Object.assign(make, { scheme: bare.scheme, fromUri: (uri: string) => resilient(bare.fromUri(uri)) })
}
