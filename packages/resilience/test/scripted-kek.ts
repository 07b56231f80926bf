import type { ErrorCode, Kek, KeyContext } from '@keywright/core'
import { KeywrightError } from '@keywright/core'

/** What one call does: answers, fails with a code, hangs (also after its signal fired), or something of its own. */
export type Step =
  | 'ok'
  | 'hang'
  | ErrorCode
  | { readonly code: ErrorCode; readonly retryAfterMs: number }
  | (() => Promise<void>)

/** A KEK whose calls do what the script says, in order; after its end they answer. */
export interface ScriptedKek extends Kek {
  /** Calls that arrived, by operation; connections that were made count as `connect`. */
  readonly calls: string[]
  /** The data keys it answered or was given, the very bytes. */
  readonly dataKeys: Uint8Array[]
  readonly signals: AbortSignal[]
  readonly script: Step[]
}

export const context: KeyContext = { role: 'dek', pairs: { tenant: 'a' }, digest: new Uint8Array(32).fill(7) }

export const unwrapRequest: UnwrapRequest = {
  wrapped: new Uint8Array([1, 2, 3]),
  reference: 'k',
  keyVersion: '',
  algorithm: 'scripted.x',
  context,
}

type UnwrapRequest = Parameters<Kek['unwrapKey']>[0]

/** 32 bytes, new each time. */
export function dataKey(): Uint8Array {
  return new Uint8Array(32).fill(9)
}

export function scriptedKek(
  script: Step[] = [],
  maxConcurrentCalls = 8,
  connecting: Step[] = [],
): ScriptedKek {
  const calls: string[] = []
  const dataKeys: Uint8Array[] = []
  const signals: AbortSignal[] = []
  let connection: Promise<void> | undefined
  let closed = false

  const play = async (step: Step = 'ok'): Promise<void> => {
    if (step === 'ok') return
    if (step === 'hang') return new Promise(() => {})
    if (typeof step === 'function') return step()
    if (typeof step === 'object') {
      throw new KeywrightError(step.code, 'scripted', { retryAfterMs: step.retryAfterMs, requestId: 'r-1' })
    }
    throw new KeywrightError(step, 'scripted', { requestId: 'r-1' })
  }
  const called = async (operation: string, signal: AbortSignal | undefined): Promise<void> => {
    if (closed) throw new KeywrightError('configuration', 'closed')
    calls.push(operation)
    if (signal !== undefined) signals.push(signal)
    await play(script.shift())
  }
  const answered = (): Uint8Array => {
    const key = dataKey()
    dataKeys.push(key)
    return key
  }
  const wrapped = { wrapped: new Uint8Array([1]), algorithm: 'scripted.x' }
  return {
    calls,
    dataKeys,
    signals,
    script,
    scheme: 'scripted',
    uri: 'scripted://k',
    connect: async () => {
      if (closed) throw new KeywrightError('configuration', 'closed')
      if (connection === undefined) {
        calls.push('connect')
        connection = play(connecting.shift())
        connection.catch(() => {
          connection = undefined
        })
      }
      await connection
      return {
        reference: 'k',
        capabilities: {
          contextBinding: 'native-bytes',
          tellsVersionOnWrap: false,
          tellsVersionOnUnwrap: false,
          needsVersionToUnwrap: false,
          tellsKey: false,
          serverSideRewrap: true,
          generatesDataKeys: true,
          maxBatchKeys: 1,
          wrapAuthenticity: 'kek-holder',
          maxConcurrentCalls,
          protectionLevel: 'software',
          algorithms: ['scripted.x'],
        },
      }
    },
    owns: async (reference) => reference === 'k',
    wrapKey: async (request) => {
      dataKeys.push(request.dataKey)
      await called('wrapKey', request.signal)
      return wrapped
    },
    unwrapKey: async ({ signal }) => {
      await called('unwrapKey', signal)
      return { dataKey: answered() }
    },
    generateDataKey: async ({ signal }) => {
      await called('generateDataKey', signal)
      return { ...wrapped, dataKey: answered() }
    },
    rewrapKey: async ({ signal }) => {
      await called('rewrapKey', signal)
      return wrapped
    },
    describeKey: async ({ signal } = {}) => {
      await called('describeKey', signal)
      return { state: 'enabled', versions: [], protectionLevel: 'software' }
    },
    close: async () => {
      closed = true
    },
  }
}
