import { type KekDriver, KeywrightError } from '@keywright/core'
import { MemoryServiceError, memoryDriver } from '../../src/memory/index.ts'
import { type Mutant, turn } from './mutant.ts'

const joined = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts))
/** Version, nonce, data key, tag of the reference provider. */
const wrappedBytes = 64

const unwraps =
  (change: (wrapped: Uint8Array) => Uint8Array) =>
  (driver: KekDriver): Partial<KekDriver> => ({
    unwrapKey: (request) => driver.unwrapKey({ ...request, wrapped: change(request.wrapped) }),
  })

const wraps =
  (change: (wrapped: Uint8Array, dataKey: Uint8Array) => Uint8Array) =>
  (driver: KekDriver): Partial<KekDriver> => ({
    wrapKey: async (request) => {
      const answer = await driver.wrapKey(request)
      return { ...answer, wrapped: change(answer.wrapped, request.dataKey) }
    },
  })

const opens =
  (change: (dataKey: Uint8Array) => Uint8Array) =>
  (driver: KekDriver): Partial<KekDriver> => ({
    unwrapKey: async (request) => {
      const answer = await driver.unwrapKey(request)
      return { ...answer, dataKey: change(answer.dataKey) }
    },
  })

/** Accepts wrapped bytes that it should refuse, and gives something for them. */
const accepts =
  (wanted: (wrapped: Uint8Array) => boolean) =>
  (driver: KekDriver, { key }: { key: string }): Partial<KekDriver> => ({
    unwrapKey: async (request) =>
      wanted(request.wrapped)
        ? { dataKey: new Uint8Array(32).fill(7), answeredKey: key, keyVersion: '1' }
        : driver.unwrapKey(request),
  })

const resized = (bytes: Uint8Array): Uint8Array => {
  const copy = new Uint8Array(32)
  copy.set(bytes.subarray(0, 32))
  return copy
}

/** Wrapped keys and data keys that are not handled as bytes that an attacker may have touched. */
export const wrappingMutants: readonly Mutant[] = [
  {
    name: 'reverses the data key',
    caughtBy: 'round-trip.same-key',
    driver: opens((key) => key.slice().reverse()),
  },
  {
    name: 'reads the data key as a number',
    caughtBy: 'round-trip.zeros-at-the-ends',
    driver: opens((key) =>
      resized(Buffer.from(BigInt(`0x${Buffer.from(key).toString('hex')}`).toString(16), 'hex')),
    ),
  },
  {
    name: 'wraps more than a slot holds',
    caughtBy: 'round-trip.wrapped-size',
    driver: wraps((wrapped) => joined(wrapped, new Uint8Array(9000))),
  },
  {
    name: 'puts the data key beside its wrap',
    caughtBy: 'round-trip.wrapped-hides-key',
    driver: wraps((wrapped, dataKey) => joined(wrapped, dataKey)),
  },
  {
    name: 'adds a byte that it never reads',
    caughtBy: 'tampering.each-byte',
    driver: (driver) => ({
      ...wraps((wrapped) => joined(Uint8Array.of(1), wrapped))(driver),
      ...unwraps((wrapped) => wrapped.subarray(1))(driver),
    }),
  },
  {
    name: 'adds an ending that it never reads',
    caughtBy: 'tampering.truncated',
    driver: (driver) => ({
      ...wraps((wrapped) => joined(wrapped, Uint8Array.of(1, 2, 3)))(driver),
      ...unwraps((wrapped) => wrapped.subarray(0, wrappedBytes))(driver),
    }),
  },
  {
    name: 'reads from the end',
    caughtBy: 'tampering.cut-at-the-front',
    driver: (driver) => ({
      ...wraps((wrapped) => joined(Uint8Array.of(1, 2, 3), wrapped))(driver),
      ...unwraps((wrapped) => wrapped.subarray(-wrappedBytes))(driver),
    }),
  },
  {
    name: 'reads only the start',
    caughtBy: 'tampering.extended',
    driver: unwraps((wrapped) => wrapped.subarray(0, wrappedBytes)),
  },
  {
    name: 'opens nothing at all',
    caughtBy: 'tampering.empty',
    driver: accepts((wrapped) => wrapped.length === 0),
  },
  {
    name: 'opens zeros',
    caughtBy: 'tampering.noise',
    driver: accepts((wrapped) => wrapped.every((byte) => byte === 0)),
  },
  {
    name: 'calls a huge request an outage',
    caughtBy: 'tampering.huge',
    driver: (driver) => ({
      unwrapKey: (request) => {
        if (request.wrapped.length > 4096) throw new MemoryServiceError('Unavailable')
        return driver.unwrapKey(request)
      },
    }),
  },
  {
    name: 'wraps in two halves',
    caughtBy: 'tampering.spliced',
    driver: (driver) => ({
      wrapKey: async (request) => {
        const left = await driver.wrapKey({ ...request, dataKey: request.dataKey.slice(0, 16) })
        const right = await driver.wrapKey({ ...request, dataKey: request.dataKey.slice(16) })
        return { ...left, wrapped: joined(left.wrapped, right.wrapped) }
      },
      unwrapKey: async (request) => {
        const half = request.wrapped.length >> 1
        const left = await driver.unwrapKey({ ...request, wrapped: request.wrapped.slice(0, half) })
        const right = await driver.unwrapKey({ ...request, wrapped: request.wrapped.slice(half) })
        return { ...left, dataKey: joined(left.dataKey, right.dataKey) }
      },
    }),
  },
  {
    name: 'says which check failed',
    caughtBy: 'tampering.one-answer',
    driver: (driver) => ({
      unwrapKey: async (request) => {
        try {
          return await driver.unwrapKey(request)
        } catch {
          const field = request.context.pairs['tenant'] === 'acme' ? 'wrapped' : 'context'
          throw new KeywrightError('unwrap-failed', 'refused', { field })
        }
      },
    }),
  },
  {
    name: 'one material for all keys',
    caughtBy: 'wrong-key.other-material',
    driver: (_, { service, key, variant }) => {
      const first = memoryDriver(service, 'first', variant)
      return {
        wrapKey: async (request) => ({ ...(await first.wrapKey(request)), answeredKey: key }),
        unwrapKey: async (request) => ({ ...(await first.unwrapKey(request)), answeredKey: key }),
      }
    },
  },
  { name: 'names the key it asked', caughtBy: 'answers.unwrap-other-key', driver: trusting },
  { name: 'does not notice a missing name', caughtBy: 'answers.unwrap-no-key-named', driver: trusting },
  { name: 'names the version it asked', caughtBy: 'answers.unwrap-other-version', driver: trusting },
  { name: 'does not notice a missing version', caughtBy: 'answers.unwrap-no-version', driver: trusting },
  { name: 'names the key it asked to wrap', caughtBy: 'answers.wrap-other-key', driver: trusting },
  { name: 'does not notice a wrap without a name', caughtBy: 'answers.wrap-no-key-named', driver: trusting },
  { name: 'makes up the version of a wrap', caughtBy: 'answers.wrap-no-version', driver: trusting },
  { name: 'pads a short data key', caughtBy: 'answers.unwrap-short-data-key', driver: opens(resized) },
  { name: 'cuts a long data key', caughtBy: 'answers.unwrap-long-data-key', driver: opens(resized) },
  { name: 'fills in a missing data key', caughtBy: 'answers.unwrap-no-data-key', driver: opens(resized) },
  {
    name: 'fills in a missing wrapped key',
    caughtBy: 'answers.wrap-empty-wrapped',
    driver: wraps((wrapped) => (wrapped.length === 0 ? new Uint8Array(1) : wrapped)),
  },
  {
    name: 'cuts a long wrapped key',
    caughtBy: 'answers.wrap-huge-wrapped',
    driver: wraps((wrapped) => wrapped.subarray(0, 8192)),
  },
  {
    name: 'wraps any length as 32 bytes',
    caughtBy: 'answers.wrong-length-never-unwraps',
    kek: (kek) => ({ wrapKey: (request) => kek.wrapKey({ ...request, dataKey: resized(request.dataKey) }) }),
  },
  {
    name: 'an algorithm that it does not unwrap',
    caughtBy: 'answers.algorithm-is-declared',
    kek: (kek) => ({
      wrapKey: async (request) => ({ ...(await kek.wrapKey(request)), algorithm: 'memory.other' }),
    }),
  },
  {
    name: 'one buffer for all calls',
    caughtBy: 'concurrency.hundred-calls',
    driver: (driver) => {
      const shared = new Uint8Array(32)
      return {
        wrapKey: async (request) => {
          shared.set(request.dataKey)
          await turn()
          return driver.wrapKey({ ...request, dataKey: shared })
        },
      }
    },
  },
  {
    name: 'bears fewer calls than it declares',
    caughtBy: 'concurrency.declared-maximum',
    driver: (driver) => {
      let running = 0
      return {
        wrapKey: async (request) => {
          running += 1
          try {
            if (running > 20) throw new MemoryServiceError('Throttled')
            return await driver.wrapKey(request)
          } finally {
            running -= 1
          }
        },
      }
    },
  },
  {
    name: 'fails all calls with one',
    caughtBy: 'concurrency.failures-apart',
    driver: (driver) => {
      let failures = 0
      return {
        unwrapKey: async (request) => {
          const before = failures
          const answer = await driver.unwrapKey(request).catch((error: unknown) => {
            failures += 1
            throw error
          })
          await turn()
          if (failures > before) throw new MemoryServiceError('BadCiphertext')
          return answer
        },
      }
    },
  },
]

/** Answers with what was asked instead of what was told. */
function trusting(driver: KekDriver, { key }: { key: string }): Partial<KekDriver> {
  return {
    wrapKey: async (request) => {
      const answer = await driver.wrapKey(request)
      return { ...answer, answeredKey: key, keyVersion: answer.keyVersion ?? '1' }
    },
    unwrapKey: async (request) => {
      const answer = await driver.unwrapKey(request)
      return { ...answer, answeredKey: key, keyVersion: request.keyVersion }
    },
  }
}
