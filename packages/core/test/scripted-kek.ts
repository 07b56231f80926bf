import { type Capabilities, type Kek, type KekDriver, provider } from '../src/index.ts'
import type { KeyContext, ProviderDefinition, UnwrapRequest, WrapRequest } from '../src/provider/contract.ts'

/** Algorithm of a {@link scriptedKek}. */
export const scriptedAlgorithm = 'scripted.xor'

/** What a test changes about a scripted KEK. */
export interface Script {
  readonly capabilities?: Partial<Capabilities>
  readonly driver?: Partial<KekDriver>
  readonly definition?: Partial<ProviderDefinition<null>>
}

/** A KEK whose every answer a test writes itself; by default it wraps by flipping bits. */
export function scriptedKek({ capabilities, driver, definition }: Script = {}): Kek {
  const flip = (bytes: Uint8Array): Uint8Array => Uint8Array.from(bytes, (byte) => byte ^ 0xff)
  const made: KekDriver = {
    keyRef: 'script',
    capabilities: {
      contextBinding: 'envelope',
      tellsVersionOnWrap: false,
      tellsVersionOnUnwrap: false,
      needsVersionToUnwrap: false,
      tellsKey: false,
      serverSideRewrap: false,
      generatesDataKeys: false,
      maxBatchKeys: 1,
      wrapAuthenticity: 'kek-holder',
      maxConcurrentCalls: 1,
      protectionLevel: 'software',
      algorithms: [scriptedAlgorithm],
      ...capabilities,
    },
    wrapKey: async ({ dataKey }) => ({ wrapped: flip(dataKey), algorithm: scriptedAlgorithm }),
    unwrapKey: async ({ wrapped }) => ({ dataKey: flip(wrapped) }),
    describeKey: async () => ({ state: 'enabled', versions: [], protectionLevel: 'software' }),
    close: async () => {},
    ...driver,
  }
  return provider<null>({
    scheme: 'scripted',
    parseUri: () => null,
    describeOptions: () => 'script',
    connect: async () => made,
    classify: () => ({ code: 'unknown' }),
    ...definition,
  })(null)
}

const context: KeyContext = { role: 'dek', pairs: { tenant: 'a' }, digest: new Uint8Array(32).fill(2) }

/** A wrap request of a test. */
export function wrapRequest(): WrapRequest {
  return { dataKey: new Uint8Array(32).fill(1), context }
}

/** An unwrap request of a test. */
export function unwrapRequest(): UnwrapRequest {
  return {
    wrapped: new Uint8Array(32).fill(0xfe),
    reference: 'script',
    keyVersion: '',
    algorithm: scriptedAlgorithm,
    context,
  }
}
