import {
  MemoryService,
  MemoryServiceError,
  memoryDefinition,
  usualVariant,
} from '@keywright/conformance/memory'
import { type Kek, type KekDriver, provider } from '@keywright/core'

type Refused = ConstructorParameters<typeof MemoryServiceError>[0]
type Variant = typeof usualVariant

/** What is done to a key in memory before it is handed out. */
export interface MemoryFault {
  readonly service?: (service: MemoryService) => void
  /** Replaces methods, as a provider that is wrong would have them. */
  readonly driver?: (driver: KekDriver) => Partial<KekDriver>
  readonly variant?: Partial<Variant>
  /** The key that is asked for; only `first` is there. */
  readonly key?: string
}

/** A KEK in memory with one fault. */
export function memoryKek({
  service: change,
  driver: mutate,
  variant,
  key = 'first',
}: MemoryFault = {}): Kek {
  const service = new MemoryService(variant?.publicKey)
  service.createKey('first')
  change?.(service)
  const definition = memoryDefinition(service, { ...usualVariant, ...variant })
  const make = provider({
    ...definition,
    connect: async (options, call) => {
      const driver = await definition.connect(options, call)
      return { ...driver, ...mutate?.(driver) }
    },
  })
  return make({ key })
}

/** Refuses one kind of call. */
export function refusing(
  operation: 'wrapKey' | 'unwrapKey' | 'describeKey' | 'generateDataKey' | 'rewrapKey',
  refusal: Refused,
): MemoryFault {
  const refuse = (): Promise<never> => Promise.reject(new MemoryServiceError(refusal))
  return { driver: () => ({ [operation]: refuse }) }
}

/** Binds no context although it declares to. */
export const contextIgnored: MemoryFault = {
  driver: (driver) => ({
    wrapKey: (request) => driver.wrapKey({ ...request, context: nothing }),
    unwrapKey: (request) => driver.unwrapKey({ ...request, context: nothing }),
    generateDataKey: async (request) => driver.generateDataKey?.({ ...request, context: nothing }) ?? never(),
    rewrapKey: async (request) => driver.rewrapKey?.({ ...request, context: nothing }) ?? never(),
  }),
}

const nothing = { role: 'dek', pairs: {}, digest: new Uint8Array(32) } as const

const never = (): Promise<never> => Promise.reject(new MemoryServiceError('BadRequest'))
