import { type Kek, type KekDriver, type ProviderDefinition, provider } from '@keywright/core'
import { coreOperations, type EnvelopeOperations } from '../../src/envelope-operations.ts'
import type { ConformanceHarness } from '../../src/harness.ts'
import {
  type MemoryOptions,
  type MemoryService,
  type MemoryVariant,
  memoryDefinition,
  memoryHarness,
} from '../../src/memory/index.ts'

/** Where a mutant stands: behind which service, for which key. */
export interface Place {
  readonly service: MemoryService
  readonly key: string
  readonly variant: MemoryVariant
}

/** A provider with one fault, put into the reference provider at one of its seams. */
export interface Mutant {
  /** What it does wrong. */
  readonly name: string
  /** Id of the case that is there to catch it. */
  readonly caughtBy: string
  /** The shape in which the fault shows. */
  readonly variant?: Partial<MemoryVariant> | undefined
  /** Replaces methods behind core's guard, as a contributor's mistake would. */
  readonly driver?: ((driver: KekDriver, place: Place) => Partial<KekDriver>) | undefined
  /** Replaces parts of the definition. */
  readonly definition?:
    | ((
        definition: ProviderDefinition<MemoryOptions>,
        place: Place,
      ) => Partial<ProviderDefinition<MemoryOptions>>)
    | undefined
  /** Replaces methods in front of core's guard, as a KEK written without core would have them. */
  readonly kek?: ((kek: Kek, place: Place, anew: () => Kek) => Partial<Kek>) | undefined
  readonly fromUri?: ((uri: string, fromUri: (uri: string) => Kek) => Kek) | undefined
  readonly envelope?: ((core: EnvelopeOperations) => Partial<EnvelopeOperations>) | undefined
}

/** The mutant before the suite: the harness of the reference provider with the fault in it. */
export function mutantHarness(mutant: Mutant): ConformanceHarness {
  const make = (service: MemoryService, key: string, variant: MemoryVariant): Kek => {
    const place = { service, key, variant }
    const definition = memoryDefinition(service, variant)
    const faulty = { ...definition, ...mutant.definition?.(definition, place) }
    const connect: typeof definition.connect = async (options, call) => {
      const driver = await faulty.connect(options, call)
      return { ...driver, ...mutant.driver?.(driver, place) }
    }
    const anew = (): Kek => provider({ ...faulty, connect })({ key })
    const kek = anew()
    return Object.assign({}, kek, mutant.kek?.(kek, place, anew))
  }
  const harness = memoryHarness(mutant.variant, make)
  const { fromUri } = mutant
  return {
    ...harness,
    deadlineMs: 1_000,
    fromUri: fromUri === undefined ? harness.fromUri : (uri) => fromUri(uri, harness.fromUri),
  }
}

/** Core's operations with the mutant's in their place. */
export function mutantOperations(mutant: Mutant): EnvelopeOperations {
  return { ...coreOperations, ...mutant.envelope?.(coreOperations) }
}

/** The next turn of the event loop. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
