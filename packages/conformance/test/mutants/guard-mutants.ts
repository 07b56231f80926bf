import { type Kek, KeywrightError } from '@keywright/core'
import { type Mutant, type Place, turn } from './mutant.ts'

interface Cancellable {
  readonly signal?: AbortSignal | undefined
}

/** Puts something before each call that takes a signal; the call then goes on without it. */
function around(kek: Kek, before: (signal: AbortSignal | undefined) => Promise<void> | void): Partial<Kek> {
  const wrapped =
    <Request extends Cancellable, Result>(call: (request: Request) => Promise<Result>) =>
    async (request: Request): Promise<Result> => {
      await before(request.signal)
      return call({ ...request, signal: undefined })
    }
  return {
    connect: async (call = {}) => wrapped(kek.connect)(call),
    wrapKey: wrapped(kek.wrapKey),
    unwrapKey: wrapped(kek.unwrapKey),
    generateDataKey: wrapped(kek.generateDataKey),
    describeKey: async (call = {}) => wrapped(kek.describeKey)(call),
  }
}

function refuseFired(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new KeywrightError('aborted', 'aborted')
}

/** Changes what a refused unwrap throws. */
const throwing =
  (change: (error: KeywrightError, place: Place) => unknown): Mutant['kek'] =>
  (kek, place) => ({
    unwrapKey: async (request) => {
      try {
        return await kek.unwrapKey(request)
      } catch (error) {
        throw error instanceof KeywrightError ? change(error, place) : error
      }
    },
  })

const pooled = (bytes: Uint8Array): Uint8Array => Buffer.from(bytes)
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

/** Cancellation, copies, lifetime, errors and secrecy: what core guards for drivers, and others must guard themselves. */
export const guardMutants: readonly Mutant[] = [
  { name: 'deaf to the signal', caughtBy: 'cancellation.before', kek: (kek) => around(kek, () => {}) },
  {
    name: 'asks first, then hears the signal',
    caughtBy: 'cancellation.before-no-call',
    kek: (kek) => ({
      ...around(kek, async (signal) => {
        await kek.describeKey()
        refuseFired(signal)
      }),
    }),
  },
  {
    name: 'hears the signal only before',
    caughtBy: 'cancellation.during',
    kek: (kek) => around(kek, refuseFired),
  },
  { name: 'waits for ever', caughtBy: 'cancellation.hanging', kek: (kek) => around(kek, refuseFired) },
  {
    name: 'leaves its listener',
    caughtBy: 'cancellation.no-listener-left',
    kek: (kek) => ({
      wrapKey: (request) => {
        request.signal?.addEventListener('abort', () => {})
        return kek.wrapKey(request)
      },
    }),
  },
  {
    name: "connects under the first caller's signal",
    caughtBy: 'cancellation.others-go-on',
    kek: (kek) => {
      let shared: ReturnType<Kek['connect']> | undefined
      const connect: Kek['connect'] = (call) => {
        shared ??= kek.connect(call)
        return shared
      }
      return {
        connect,
        unwrapKey: async (request) => {
          await connect(request)
          return kek.unwrapKey(request)
        },
      }
    },
  },
  {
    name: "passes the signal's reason on",
    caughtBy: 'cancellation.reason-kept-out',
    kek: (kek) =>
      around(kek, (signal) => {
        if (signal?.aborted) throw new KeywrightError('aborted', String(signal.reason))
      }),
  },
  {
    name: 'closes when a call is cancelled',
    caughtBy: 'cancellation.usable-after',
    kek: (kek) => ({
      wrapKey: (request) => {
        request.signal?.addEventListener('abort', () => void kek.close(), { once: true })
        return kek.wrapKey(request)
      },
    }),
  },
  {
    name: "wipes the caller's data key",
    caughtBy: 'copies.request-kept',
    kek: (kek) => ({
      wrapKey: async (request) => {
        const answer = await kek.wrapKey(request)
        request.dataKey.fill(0)
        return answer
      },
    }),
  },
  {
    name: 'reads the data key late',
    caughtBy: 'copies.data-key-taken-at-call',
    kek: (kek) => ({
      wrapKey: async (request) => {
        await turn()
        return kek.wrapKey(request)
      },
    }),
  },
  {
    name: 'reads the wrapped key late',
    caughtBy: 'copies.wrapped-taken-at-call',
    kek: (kek) => ({
      unwrapKey: async (request) => {
        await turn()
        return kek.unwrapKey(request)
      },
    }),
  },
  {
    name: 'hands one data key to all',
    caughtBy: 'copies.answers-apart',
    kek: (kek) => {
      const answers = new Map<string, ReturnType<Kek['unwrapKey']>>()
      return {
        unwrapKey: (request) => {
          const answer = answers.get(hex(request.wrapped)) ?? kek.unwrapKey(request)
          answers.set(hex(request.wrapped), answer)
          return answer
        },
      }
    },
  },
  {
    name: 'hands one wrapped key to all',
    caughtBy: 'copies.wrapped-apart',
    kek: (kek) => {
      const answers = new Map<string, ReturnType<Kek['wrapKey']>>()
      return {
        wrapKey: (request) => {
          const answer = answers.get(hex(request.dataKey)) ?? kek.wrapKey(request)
          answers.set(hex(request.dataKey), answer)
          return answer
        },
      }
    },
  },
  {
    name: 'unwraps into a shared pool',
    caughtBy: 'copies.own-memory',
    kek: (kek) => ({
      unwrapKey: async (request) => {
        const answer = await kek.unwrapKey(request)
        return { ...answer, dataKey: pooled(answer.dataKey) }
      },
    }),
  },
  {
    name: 'generates into a shared pool',
    caughtBy: 'copies.generated-own-memory',
    kek: (kek) => ({
      generateDataKey: async (request) => {
        const answer = await kek.generateDataKey(request)
        return { ...answer, dataKey: pooled(answer.dataKey) }
      },
    }),
  },
  {
    name: 'connects when it is made',
    caughtBy: 'lifetime.lazy',
    kek: (kek) => {
      kek.connect().catch(() => {})
      return {}
    },
  },
  {
    name: 'keeps a failed connection',
    caughtBy: 'lifetime.failed-connect',
    kek: (kek) => {
      let kept: ReturnType<Kek['connect']> | undefined
      return {
        connect: (call) => {
          kept ??= kek.connect(call)
          return kept
        },
      }
    },
  },
  { name: 'never closes', caughtBy: 'lifetime.use-after-close', kek: () => ({ close: async () => {} }) },
  {
    name: 'generates after close',
    caughtBy: 'lifetime.optional-after-close',
    kek: (_, __, anew) => {
      const other = anew()
      return { generateDataKey: (request) => other.generateDataKey(request) }
    },
  },
  {
    name: 'closes only what was connected',
    caughtBy: 'lifetime.closed-unused',
    kek: (kek) => {
      let used = false
      return {
        connect: (call) => {
          used = true
          return kek.connect(call)
        },
        close: async () => {
          if (used) await kek.close()
        },
      }
    },
  },
  {
    name: 'closes once',
    caughtBy: 'lifetime.closed-twice',
    kek: (kek) => {
      let closed = false
      return {
        close: async () => {
          if (closed) throw new KeywrightError('configuration', 'closed before')
          closed = true
          await kek.close()
        },
      }
    },
  },
  {
    name: 'closes what others use',
    caughtBy: 'lifetime.others-stay-open',
    driver: (_, { service, key }) => ({ close: async () => service.setState(key, 'disabled') }),
  },
  {
    name: 'connects for each caller',
    caughtBy: 'concurrency.one-connection',
    kek: (_, __, anew) => ({ connect: (call) => anew().connect(call) }),
  },
  {
    name: 'wants to be connected first',
    caughtBy: 'concurrency.connected-by-use',
    kek: (kek) => {
      let connected = false
      return {
        connect: (call) => {
          connected = true
          return kek.connect(call)
        },
        unwrapKey: async (request) => {
          if (!connected) throw new KeywrightError('configuration', 'connect first')
          return kek.unwrapKey(request)
        },
      }
    },
  },
  {
    name: 'asks to try a refused unwrap again',
    caughtBy: 'errors.retry-class',
    kek: throwing((error) => Object.defineProperty(error, 'retry', { value: 'later' })),
  },
  {
    name: 'an error without a record',
    caughtBy: 'errors.record',
    kek: throwing(({ code, message }) => new KeywrightError(code, message)),
  },
  {
    name: "attaches the client's error",
    caughtBy: 'errors.nothing-attached',
    kek: throwing((error) => Object.assign(error, { cause: new Error('raw') })),
  },
  {
    name: 'an error that is empty as JSON',
    caughtBy: 'errors.as-json',
    kek: throwing((error) => Object.defineProperty(error, 'toJSON', { value: () => ({}) })),
  },
  {
    name: 'the token in the message',
    caughtBy: 'secrecy.errors',
    kek: throwing(
      ({ code, details }, { service }) => new KeywrightError(code, `with ${service.token}`, details),
    ),
  },
  {
    name: 'repeats what the client said',
    caughtBy: 'secrecy.careless-client',
    driver: (driver) => ({
      wrapKey: async (request) => {
        try {
          return await driver.wrapKey(request)
        } catch (error) {
          throw new KeywrightError('unknown', String(error))
        }
      },
    }),
  },
  {
    name: 'keeps the last data key in sight',
    caughtBy: 'secrecy.inspection',
    kek: (kek) => {
      const seen = { last: new Uint8Array(0) }
      const wrapKey: Kek['wrapKey'] = (request) => {
        seen.last = request.dataKey.slice()
        return kek.wrapKey(request)
      }
      return Object.assign({ wrapKey }, { seen })
    },
  },
  {
    name: 'prints the data key',
    caughtBy: 'secrecy.output',
    kek: (kek) => ({
      wrapKey: (request) => {
        console.debug('wrapping', request.dataKey)
        return kek.wrapKey(request)
      },
    }),
  },
  {
    name: 'describes itself with its token',
    caughtBy: 'secrecy.description',
    driver: (driver, { service }) => ({
      describeKey: async (call) => ({ ...(await driver.describeKey(call)), currentVersion: service.token }),
    }),
  },
]
