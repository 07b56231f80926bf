import type { KekDriver } from '@keywright/core'
import { type MemoryRefusal, MemoryServiceError } from '../../src/memory/index.ts'
import type { Mutant, Place } from './mutant.ts'

type Operation = 'wrapKey' | 'unwrapKey'
type WrongCode = 'unknown' | 'unwrap-failed' | 'access-denied' | 'unavailable'

/** Maps one refusal of the service to a wrong code. */
const maps =
  (refusal: MemoryRefusal, code: WrongCode, only?: Operation): Mutant['definition'] =>
  (definition) => ({
    classify: (error, call) => {
      const concerned = only === undefined || only === call.operation
      if (concerned && error instanceof MemoryServiceError && error.refusal === refusal) return { code }
      return definition.classify(error, call)
    },
  })

const states = [
  ['disable', 'Disabled'],
  ['destroy', 'Destroyed'],
  ['deny', 'Forbidden'],
] as const

const wrongCodes = states.flatMap(([change, refusal]): readonly Mutant[] => [
  {
    name: `${change}: no code for wrap`,
    caughtBy: `key-state.${change}-wrap`,
    definition: maps(refusal, 'unknown', 'wrapKey'),
  },
  {
    name: `${change}: no code for unwrap`,
    caughtBy: `key-state.${change}-unwrap`,
    definition: maps(refusal, 'unknown', 'unwrapKey'),
  },
])

const describes =
  (change: Partial<Awaited<ReturnType<KekDriver['describeKey']>>>) =>
  (driver: KekDriver): Partial<KekDriver> => ({
    describeKey: async (call) => ({ ...(await driver.describeKey(call)), ...change }),
  })

/** Works whatever was done to the key, as some stand-ins for real services do. */
function ignoringState(driver: KekDriver, { service, key }: Place): Partial<KekDriver> {
  return {
    unwrapKey: (request) => {
      service.setState(key, 'enabled')
      return driver.unwrapKey(request)
    },
  }
}

const strip = { keyVersion: undefined, answeredKey: undefined }

/** Keys, their names, their versions and states. */
export const keyMutants: readonly Mutant[] = [
  ...wrongCodes,
  { name: 'disabled keys go on working', caughtBy: 'key-state.disable-unwrap', driver: ignoringState },
  {
    name: 'remembers that a key was disabled',
    caughtBy: 'key-state.enabled-again',
    driver: (driver) => {
      let seen: unknown
      return {
        unwrapKey: async (request) => {
          if (seen !== undefined) throw seen
          return driver.unwrapKey(request).catch((error: unknown) => {
            seen = error
            throw error
          })
        },
      }
    },
  },
  {
    name: 'looks at the state of another key',
    caughtBy: 'key-state.second-untouched',
    driver: (driver, { service }) => ({
      wrapKey: async (request) => {
        if ((await service.describe('first')).state !== 'enabled') throw new MemoryServiceError('Disabled')
        return driver.wrapKey(request)
      },
    }),
  },
  {
    name: 'makes the keys that it misses',
    caughtBy: 'key-state.missing',
    definition: (definition, { service }) => ({
      connect: async (options, call) => {
        await service.describe(options.key).catch(() => service.createKey(options.key))
        return definition.connect(options, call)
      },
    }),
  },
  {
    name: 'describes nothing',
    caughtBy: 'key-state.describe-enabled',
    driver: describes({ state: 'unknown' }),
  },
  {
    name: 'claims an HSM',
    caughtBy: 'key-state.describe-protection',
    driver: describes({ protectionLevel: 'hsm' }),
  },
  {
    name: 'describes the first version for ever',
    caughtBy: 'key-state.describe-rotated',
    driver: describes({ currentVersion: '1' }),
  },
  {
    name: 'describes a disabled key as enabled',
    caughtBy: 'key-state.describe-disabled',
    driver: describes({ state: 'enabled' }),
  },
  {
    name: 'describes a destroyed key as enabled',
    caughtBy: 'key-state.describe-destroyed',
    driver: describes({ state: 'enabled' }),
  },
  {
    name: 'keeps the version of a wrap to itself',
    caughtBy: 'versions.told-on-wrap',
    driver: (driver) => ({ wrapKey: async (request) => ({ ...(await driver.wrapKey(request)), ...strip }) }),
  },
  {
    name: 'tells a version undeclared on wrap',
    caughtBy: 'versions.not-told-on-wrap',
    variant: { versions: 'untold' },
    driver: (driver) => ({
      wrapKey: async (request) => ({ ...(await driver.wrapKey(request)), keyVersion: '1' }),
    }),
  },
  {
    name: 'keeps the version of an unwrap to itself',
    caughtBy: 'versions.told-on-unwrap',
    driver: (driver) => ({
      unwrapKey: async (request) => ({ ...(await driver.unwrapKey(request)), ...strip }),
    }),
  },
  {
    name: 'tells a version undeclared on unwrap',
    caughtBy: 'versions.not-told-on-unwrap',
    variant: { versions: 'untold' },
    driver: (driver) => ({
      unwrapKey: async (request) => ({ ...(await driver.unwrapKey(request)), keyVersion: '1' }),
    }),
  },
  {
    name: 'guesses a version',
    caughtBy: 'versions.needed',
    variant: { versions: 'needed' },
    kek: (kek) => ({
      unwrapKey: (request) => kek.unwrapKey({ ...request, keyVersion: request.keyVersion || '1' }),
    }),
  },
  {
    name: 'needs a version undeclared',
    caughtBy: 'versions.not-needed',
    driver: (driver) => ({
      unwrapKey: (request) => {
        if (request.keyVersion === '') throw new MemoryServiceError('BadRequest')
        return driver.unwrapKey(request)
      },
    }),
  },
  {
    name: 'reads a version loosely',
    caughtBy: 'versions.hostile-spelling',
    kek: (kek) => ({
      unwrapKey: (request) =>
        kek.unwrapKey({ ...request, keyVersion: String(Number.parseInt(request.keyVersion, 10) || '') }),
    }),
  },
  {
    name: 'forgets old versions',
    caughtBy: 'versions.old-still-unwraps',
    driver: (driver, { service, key }) => ({
      unwrapKey: async (request) => {
        const { versions } = await service.describe(key)
        if (versions.length > 1 && request.wrapped[3] === 1) throw new MemoryServiceError('BadCiphertext')
        return driver.unwrapKey(request)
      },
    }),
  },
  {
    name: 'names the version it knew at first',
    caughtBy: 'versions.new-wraps',
    driver: (driver) => ({
      wrapKey: async (request) => ({ ...(await driver.wrapKey(request)), keyVersion: '1' }),
    }),
  },
  {
    name: 'tries every version',
    caughtBy: 'versions.exchanged',
    kek: (kek) => ({ unwrapKey: (request) => kek.unwrapKey({ ...request, keyVersion: '' }) }),
  },
  {
    name: 'no code for a retired version',
    caughtBy: 'versions.retired',
    definition: maps('VersionRetired', 'unwrap-failed'),
  },
  {
    name: 'retires the key with its version',
    caughtBy: 'versions.retired-alone',
    driver: (driver, { service, key }) => ({
      unwrapKey: async (request) => {
        const { versions } = await service.describe(key)
        if (versions.some(({ on }) => !on)) throw new MemoryServiceError('VersionRetired')
        return driver.unwrapKey(request)
      },
    }),
  },
  {
    name: 'believes any reference',
    caughtBy: 'wrong-key.foreign-slot',
    kek: (kek, { key }) => ({ unwrapKey: (request) => kek.unwrapKey({ ...request, reference: key }) }),
  },
  {
    name: 'asks before it compares',
    caughtBy: 'wrong-key.foreign-slot-no-call',
    kek: (kek) => ({
      unwrapKey: async (request) => {
        await kek.describeKey()
        return kek.unwrapKey(request)
      },
    }),
  },
  {
    name: 'ignores the algorithm',
    caughtBy: 'wrong-key.foreign-algorithm',
    kek: (kek) => ({ unwrapKey: (request) => kek.unwrapKey({ ...request, algorithm: 'memory.map' }) }),
  },
  { name: 'owns nothing', caughtBy: 'wrong-key.owns-itself', driver: () => ({ owns: () => false }) },
  {
    name: 'owns by the beginning',
    caughtBy: 'wrong-key.owns-nothing-near',
    driver: (_, { key }) => ({ owns: (reference) => reference.startsWith(key) }),
  },
  {
    name: 'asks the service whom it owns',
    caughtBy: 'wrong-key.owns-is-pure',
    driver: (_, { service, key }) => ({
      owns: (reference) => {
        service.calls.push('owns')
        return reference === key
      },
    }),
  },
  {
    name: 'forgets the name in the answer',
    caughtBy: 'wrong-key.answers-name-the-key',
    kek: (kek) => ({
      unwrapKey: async (request) => ({ ...(await kek.unwrapKey(request)), answeredKey: undefined }),
    }),
  },
  {
    name: 'names the key undeclared',
    caughtBy: 'wrong-key.answers-hide-the-key',
    variant: { tellsKey: false },
    driver: (driver, { key }) => ({
      wrapKey: async (request) => ({ ...(await driver.wrapKey(request)), answeredKey: key }),
    }),
  },
  { name: 'no code for throttling', caughtBy: 'errors.throttled', definition: maps('Throttled', 'unknown') },
  {
    name: 'no code for an outage',
    caughtBy: 'errors.unavailable',
    definition: maps('Unavailable', 'unknown'),
  },
  {
    name: 'takes a lost login for a lost right',
    caughtBy: 'errors.unauthenticated',
    definition: maps('Unauthenticated', 'access-denied'),
  },
  {
    name: 'takes what it does not know for an outage',
    caughtBy: 'errors.nonsense',
    definition: (definition) => ({
      classify: (error, call) =>
        error instanceof MemoryServiceError ? definition.classify(error, call) : { code: 'unavailable' },
    }),
  },
]
