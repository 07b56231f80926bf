import type { EnvelopeVector, VectorKek } from '@keywright/vectors'
import { type Kek, KeywrightError, parseKeyUri, provider } from '../src/index.ts'
import { hexBytes, runOrHex } from './vector-bytes.ts'

/** A KEK that answers as a vector says its key manager would. */
export function answeringKek(kek: VectorKek, { slots }: EnvelopeVector, counter: { calls: number }): Kek {
  const { reference } = parseKeyUri(kek.uri)
  return provider<null>({
    scheme: 'local',
    parseUri: () => null,
    describeOptions: () => reference,
    connect: async () => ({
      keyRef: reference,
      capabilities: {
        contextBinding: 'native-bytes',
        tellsVersionOnWrap: true,
        tellsVersionOnUnwrap: false,
        needsVersionToUnwrap: true,
        tellsKey: false,
        serverSideRewrap: false,
        generatesDataKeys: false,
        maxBatchKeys: 1,
        wrapAuthenticity: 'kek-holder',
        maxConcurrentCalls: 1,
        protectionLevel: 'software',
        algorithms: [kek.algorithm],
      },
      wrapKey: async () => {
        throw new KeywrightError('access-denied', 'this key only unwraps')
      },
      unwrapKey: async ({ wrapped, keyVersion }) => {
        counter.calls++
        const slot = slots.find((one) => sameWrap(runOrHex(one.wrapped), wrapped))
        const { answer } = slot ?? { answer: null }
        if (answer === null || keyVersion !== kek.version)
          throw new KeywrightError('unwrap-failed', 'refused')
        return { dataKey: hexBytes(answer) }
      },
      describeKey: async () => ({ state: 'enabled', versions: [], protectionLevel: 'software' }),
      close: async () => {},
    }),
    classify: () => ({ code: 'unwrap-failed' }),
  })(null)
}

function sameWrap(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}
