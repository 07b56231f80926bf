import { raceAbort, throwIfAborted } from '../abort.ts'
import { secretCopy } from '../crypto/secret-bytes.ts'
import { isKeywrightError, type KeyOperation, KeywrightError } from '../errors.ts'
import { limits } from '../limits.ts'
import { printable } from '../printable.ts'
import { checkedUnwrap, checkedWrap, ownsReference, takenDataKey } from './answers.ts'
import { connectionOf } from './connection.ts'
import type {
  Classification,
  Kek,
  KekDriver,
  KekIdentity,
  ProviderDefinition,
  RewrapKeyRequest,
  UnwrapRequest,
  WrapResult,
} from './contract.ts'
import { copyContext, copyRequest, wiping } from './request-copies.ts'

interface Call {
  readonly signal?: AbortSignal | undefined
}

/**
 * One KEK of a provider: the driver behind everything that core does for it.
 *
 * @param definition the provider
 * @param options its options
 * @param uri the KEK's URI, for messages
 */
export function connectedKek<Options>(
  definition: ProviderDefinition<Options>,
  options: Options,
  uri: string,
): Kek {
  const { scheme } = definition

  const failure = (error: unknown, operation: KeyOperation): KeywrightError => {
    const record = { provider: scheme, operation, key: uri }
    if (isKeywrightError(error)) {
      return new KeywrightError(error.code, error.message, { ...error.details, ...record })
    }
    const { code, requestId, retryAfterMs } = classified(definition, error, operation)
    const message = `${operation} was refused by ${scheme}: ${code}`
    return new KeywrightError(code, message, { ...record, requestId, retryAfterMs })
  }

  /** Runs one step of the driver; whatever it throws, only a redacted error of ours leaves. */
  const guarded = async <T>(operation: KeyOperation, step: () => Promise<T>): Promise<T> => {
    try {
      return await step()
    } catch (error) {
      throw failure(error, operation)
    }
  }

  const connection = connectionOf(
    (signal) => guarded('connect', async () => checkedDriver(await definition.connect(options, { signal }))),
    {
      closed: () => new KeywrightError('configuration', 'this key was closed', { field: 'key', key: uri }),
      silent: () => failure(new KeywrightError('timeout', 'the key manager did not answer'), 'connect'),
    },
    () => performance.now(),
  )

  /** May throw at once. */
  const connected = (call: Call): KekDriver | Promise<KekDriver> => {
    throwIfAborted(call.signal)
    const kek = connection.driver()
    return kek instanceof Promise ? raceAbort(kek, call.signal, () => {}) : kek
  }

  const wrapped = async (
    operation: KeyOperation,
    call: Call,
    step: (driver: KekDriver) => Promise<WrapResult>,
  ): Promise<WrapResult> => {
    const kek = await connected(call)
    return guarded(operation, async () => checkedWrap(await raceAbort(step(kek), call.signal, () => {}), kek))
  }

  return {
    scheme,
    uri,
    connect: async (call = {}): Promise<KekIdentity> => {
      const { keyRef, capabilities } = await connected(call)
      return { reference: keyRef, capabilities }
    },
    owns: async (reference, call = {}) => ownsReference(await connected(call), reference),
    wrapKey: async (request) => {
      if (request.dataKey.length !== limits.dataKeyBytes) {
        throw new KeywrightError('invalid-argument', 'a data key to wrap has exactly 32 bytes', {
          field: 'dataKey',
        })
      }
      const own = { ...request, dataKey: secretCopy(request.dataKey), context: copyContext(request.context) }
      const wiped = wiping(own.dataKey, (kek: KekDriver) => kek.wrapKey(own))
      return wiped.orUnused(wrapped('wrapKey', own, wiped.step))
    },
    unwrapKey: async (request) => {
      const own = copyRequest(request)
      const kek = await connected(own)
      return guarded('unwrapKey', async () => {
        refuseForeignSlot(own, kek)
        const answer = await raceAbort(kek.unwrapKey(own), own.signal, wipeDataKey)
        return checkedUnwrap(answer, kek, own.keyVersion)
      })
    },
    generateDataKey: async (request) => {
      const own = { ...request, context: copyContext(request.context) }
      const kek = await connected(own)
      return guarded('generateDataKey', async () => {
        if (kek.generateDataKey === undefined) throw unsupported('generateDataKey')
        const answer = await raceAbort(kek.generateDataKey(own), own.signal, wipeDataKey)
        const dataKey = takenDataKey(answer)
        try {
          return { ...checkedWrap(answer, kek), dataKey }
        } catch (error) {
          dataKey.fill(0)
          throw error
        }
      })
    },
    rewrapKey: (request) => {
      const own = copyRequest(request)
      return wrapped('rewrapKey', own, async (kek) => {
        if (kek.rewrapKey === undefined) throw unsupported('rewrapKey')
        return kek.rewrapKey(own)
      })
    },
    describeKey: async (call = {}) => {
      const kek = await connected(call)
      return guarded('describeKey', () => raceAbort(kek.describeKey(call), call.signal, () => {}))
    },
    close: () => guarded('close', connection.close),
  }
}

/** A table that fails over an error it did not expect, or has no row for it, must not let anything else out. */
function classified<Options>(
  { classify }: ProviderDefinition<Options>,
  error: unknown,
  operation: KeyOperation,
): Classification {
  try {
    const { code, requestId, retryAfterMs } = classify(error, { operation })
    return {
      code: typeof code === 'string' ? code : 'unknown',
      // An answer's whole body, say, has no place in a record that is safe to log.
      requestId: typeof requestId === 'string' ? printable(requestId) : undefined,
      retryAfterMs: Number.isFinite(retryAfterMs) ? retryAfterMs : undefined,
    }
  } catch {
    return { code: 'unknown' }
  }
}

function wipeDataKey(late: { readonly dataKey?: unknown } | undefined): void {
  if (late?.dataKey instanceof Uint8Array) late.dataKey.fill(0)
}

function refuseForeignSlot(request: UnwrapRequest | RewrapKeyRequest, kek: KekDriver): void {
  if (!ownsReference(kek, request.reference)) {
    throw new KeywrightError('key-mismatch', 'the slot names another key', { field: 'reference' })
  }
  if (!kek.capabilities.algorithms.includes(request.algorithm)) {
    throw new KeywrightError('unsupported', `this key does not unwrap ${printable(request.algorithm)}`, {
      field: 'algorithm',
    })
  }
  if (kek.capabilities.needsVersionToUnwrap && request.keyVersion === '') {
    throw new KeywrightError('invalid-argument', 'the slot tells no key version, and this key needs one', {
      field: 'keyVersion',
    })
  }
}

function unsupported(operation: KeyOperation): KeywrightError {
  return new KeywrightError('unsupported', `this key manager has no ${operation}`)
}

/** A declaration that disagrees with what is there would mislead every caller: refused at connection. */
function checkedDriver(driver: KekDriver): KekDriver {
  const { capabilities, keyRef } = driver
  const mistakes: readonly (readonly [boolean, string])[] = [
    [capabilities.generatesDataKeys !== (driver.generateDataKey !== undefined), 'generatesDataKeys'],
    [capabilities.serverSideRewrap !== (driver.rewrapKey !== undefined), 'serverSideRewrap'],
    [keyRef === '' || !keyRef.isWellFormed() || Buffer.byteLength(keyRef) > limits.referenceBytes, 'keyRef'],
    [capabilities.algorithms.length === 0, 'algorithms'],
  ]
  for (const [wrong, field] of mistakes) {
    if (wrong)
      throw new KeywrightError('configuration', `the provider's ${field} disagrees with its driver`, {
        field,
      })
  }
  return driver
}
