import type {
  $Command,
  KMSClient,
  KMSClientResolvedConfig,
  ServiceInputTypes,
  ServiceOutputTypes,
} from '@aws-sdk/client-kms'
import { KeywrightError } from '@keywright/core/provider'
import type { WithResilience } from '@keywright/resilience'
import type { AwsKmsOptions } from './aws-kms-options.ts'
import { arnInRegion, parseKeyName } from './key-name.ts'

/** What is called of a client of `@aws-sdk/client-kms`: a `KMSClient`, or what stands in for one. */
export interface AwsKmsClient {
  /** Sends a command of the SDK. */
  send(command: object, options: { readonly abortSignal?: AbortSignal }): Promise<object>
  readonly config?: { readonly region?: (() => Promise<string>) | undefined } | undefined
}

/** The SDK, loaded, with the client to use. */
export interface AwsKmsSdk {
  readonly commands: typeof import('@aws-sdk/client-kms')
  /** Sends a command; the signal is its only limit of time. */
  readonly send: <I extends ServiceInputTypes, O extends ServiceOutputTypes>(
    command: $Command<I, O, KMSClientResolvedConfig>,
    signal: AbortSignal | undefined,
  ) => Promise<O>
  /** Where the client calls. */
  readonly region: string
  /** Releases the client, unless it was injected. */
  readonly close: () => Promise<void>
}

/** Calls at once, and as many sockets: the SDK's own limit of 50 would queue the rest. */
export const maxConcurrentCalls = 64

/**
 * Loads the SDK and makes the client. Credentials, endpoint and Region come from the SDK's own chains; its retries are
 * off, for ours are on.
 *
 * @throws KeywrightError `configuration` where key, Region and client contradict one another
 */
export async function loadSdk(options: WithResilience<AwsKmsOptions>): Promise<AwsKmsSdk> {
  const { key, region: wanted, client: injected, resilience } = options
  const commands = await import('@aws-sdk/client-kms')
  const name = parseKeyName(key)
  const home = wanted ?? name.region
  const sockets = { maxSockets: maxConcurrentCalls, keepAlive: true }
  const client = (injected ??
    new commands.KMSClient({
      ...(home === undefined ? {} : { region: home }),
      maxAttempts: 1,
      requestHandler: { httpAgent: sockets, httpsAgent: sockets },
    })) as KMSClient
  const close = async (): Promise<void> => (injected === undefined ? client.destroy() : undefined)
  const region = (await client.config?.region?.()) ?? home ?? ''
  const local = name.isKeyArn ? arnInRegion(key, region) !== undefined : (name.region ?? region) === region
  if (local && (wanted ?? region) === region) {
    const send: AwsKmsSdk['send'] = (command, signal) => {
      if (signal === undefined) return client.send(command, {})
      // The policy's signals are of one try each.
      if (resilience !== false) return client.send(command, { abortSignal: signal })
      return within(signal, (abortSignal) => client.send(command, { abortSignal }))
    }
    return { commands, send, region, close }
  }
  await close()
  const message = `the client calls ${region}, where this key is not: only a multi-Region key can be used elsewhere`
  throw new KeywrightError('configuration', message, { field: 'region' })
}

/**
 * The SDK leaves a listener on the signal it is given until the socket is free again, after the answer: it gets one of
 * its own, so that the caller's can serve thousands of calls.
 */
async function within<Answer>(
  signal: AbortSignal,
  send: (own: AbortSignal) => Promise<Answer>,
): Promise<Answer> {
  const own = new AbortController()
  const abort = (): void => own.abort()
  if (signal.aborted) abort()
  signal.addEventListener('abort', abort, { once: true })
  try {
    return await send(own.signal)
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
