import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { type ErrorCode, type Kek, KeywrightError, keyring, open, provider, seal } from '@keywright/core'
import { type ResilienceOptions, resilient } from '../src/index.ts'
import { type VirtualClock, virtualClock } from './virtual-clock.ts'

/** A key manager of a test, with one key; how it behaves can be changed at any time. */
export interface Cloud {
  readonly kek: Kek
  /** Calls that arrived. */
  readonly calls: { connect: number; wrapKey: number; unwrapKey: number }
  /** How long an answer takes, in milliseconds; infinite for none at all. */
  latencyMs: number
  /** How long connecting takes. */
  connectMs: number
  /** What it answers instead of a key. */
  failure: ErrorCode | undefined
  /** Whether it goes on after the signal of a call has fired, as many clients do. */
  deaf: boolean
  /** The very bytes that it answered. */
  readonly dataKeys: Uint8Array[]
  readonly signals: AbortSignal[]
}

const algorithm = 'cloud.aes-256-gcm'
/** A signal that never fires; one for each call, as listeners stay. */
const never = (): AbortSignal => new AbortController().signal

/**
 * Makes a key manager that answers after 20 ms.
 *
 * @param name also decides the key: two of one name open each other's envelopes
 * @param resilience the policy that its KEK wears; false for none
 */
export function cloud(name: string, clock: VirtualClock, resilience: ResilienceOptions | false): Cloud {
  const material = Buffer.alloc(32, name)
  const pause = async (ms: number, signal: AbortSignal | undefined): Promise<void> => {
    const heeded = made.deaf ? never() : (signal ?? never())
    if (!Number.isFinite(ms)) {
      await new Promise<void>((resolve) => heeded.addEventListener('abort', () => resolve(), { once: true }))
    } else if (ms > 0) await clock.sleep(ms, heeded)
    if (heeded.aborted) throw new KeywrightError('aborted', 'given up')
  }
  const called = async (
    operation: 'wrapKey' | 'unwrapKey',
    signal: AbortSignal | undefined,
  ): Promise<void> => {
    made.calls[operation]++
    if (signal !== undefined) made.signals.push(signal)
    await pause(made.latencyMs, signal)
    if (made.failure !== undefined) throw new KeywrightError(made.failure, 'as told')
  }
  const bare = provider<null>({
    scheme: 'cloud',
    parseUri: () => null,
    describeOptions: () => name,
    connect: async () => {
      made.calls.connect++
      await pause(made.connectMs, undefined)
      return {
        keyRef: name,
        capabilities: {
          contextBinding: 'native-bytes',
          tellsVersionOnWrap: false,
          tellsVersionOnUnwrap: false,
          needsVersionToUnwrap: false,
          tellsKey: true,
          serverSideRewrap: false,
          generatesDataKeys: false,
          maxBatchKeys: 1,
          wrapAuthenticity: 'kek-holder',
          maxConcurrentCalls: 64,
          protectionLevel: 'software',
          algorithms: [algorithm],
        },
        wrapKey: async ({ dataKey, context, signal }) => {
          const nonce = randomBytes(12)
          const cipher = createCipheriv('aes-256-gcm', material, nonce).setAAD(context.digest)
          const wrapped = Buffer.concat([nonce, cipher.update(dataKey), cipher.final(), cipher.getAuthTag()])
          await called('wrapKey', signal)
          return { wrapped, answeredKey: name, algorithm }
        },
        unwrapKey: async ({ wrapped, context, signal }) => {
          await called('unwrapKey', signal)
          const decipher = createDecipheriv('aes-256-gcm', material, wrapped.subarray(0, 12))
          decipher.setAAD(context.digest).setAuthTag(wrapped.subarray(-16))
          const dataKey = Buffer.concat([decipher.update(wrapped.subarray(12, -16)), decipher.final()])
          made.dataKeys.push(dataKey)
          return { dataKey, answeredKey: name }
        },
        describeKey: async () => ({ state: 'enabled', versions: [], protectionLevel: 'software' }),
        close: async () => {},
      }
    },
    classify: () => ({ code: 'unwrap-failed' }),
  })(null)
  const made: Cloud = {
    kek: resilience === false ? bare : resilient(bare, { ...resilience, clock }),
    calls: { connect: 0, wrapKey: 0, unwrapKey: 0 },
    latencyMs: 20,
    connectMs: 0,
    failure: undefined,
    deaf: false,
    dataKeys: [],
    signals: [],
  }
  return made
}

/** Unwrap calls that arrived at each. */
export function unwraps(clouds: readonly Cloud[]): readonly number[] {
  return clouds.map(({ calls }) => calls.unwrapKey)
}

// The library that shares are made with is loaded with the first of them, which is no microtask: latencies of 0 wait
// for no clock.
const instant = ['a', 'b'].map((name) => {
  const made = cloud(name, virtualClock(), false)
  made.latencyMs = 0
  return [made.kek]
})
const warm = keyring({ groups: instant, threshold: 2 })
await open(await seal('x', { keys: warm }), { keys: warm })
