import { type Kek, provider } from '@keywright/core'
import type { ConformanceHarness, ConformanceStage, Fault } from '../harness.ts'
import { type MemoryVariant, memoryDefinition, usualVariant } from './memory-provider.ts'
import { MemoryService } from './memory-service.ts'

/** How a test puts a KEK of its own making before the suite: from service, key name and variant. */
export type MakeKek = (service: MemoryService, key: string, variant: MemoryVariant) => Kek

const everyFault: readonly Fault[] = [
  'other-key',
  'other-version',
  'no-key-named',
  'no-version',
  'no-data-key',
  'short-data-key',
  'long-data-key',
  'empty-wrapped',
  'huge-wrapped',
  'throttled',
  'unavailable',
  'unauthenticated',
  'nonsense',
  'leaky-error',
  'hang',
  'connect-fails-once',
]

const byDefinition: MakeKek = (service, key, variant) => provider(memoryDefinition(service, variant))({ key })

/**
 * A harness of the in-memory provider with every ability, in the variant asked for.
 *
 * @param variant what differs from {@link usualVariant}
 * @param makeKek makes the KEKs under test; default: the reference provider's
 */
export function memoryHarness(
  variant: Partial<MemoryVariant> = {},
  makeKek: MakeKek = byDefinition,
): ConformanceHarness {
  const shape: MemoryVariant = { ...usualVariant, ...variant }
  return {
    provider: 'memory',
    backend: `in-process (${describe(shape)})`,
    fromUri: provider(memoryDefinition(new MemoryService())).fromUri,
    prepare: async (): Promise<ConformanceStage> => {
      const service = new MemoryService(shape.publicKey)
      service.createKey('first')
      service.createKey('second')
      return {
        first: () => makeKek(service, 'first', shape),
        second: () => makeKek(service, 'second', shape),
        missing: () => makeKek(service, 'missing', shape),
        secrets: [service.token],
        rotate: async () => service.rotate('first'),
        retire: async () => service.retire('first'),
        disable: async () => service.setState('first', 'disabled'),
        enable: async () => service.setState('first', 'enabled'),
        destroy: async () => service.setState('first', 'destroyed'),
        deny: async () => service.deny('first'),
        calls: () => service.calls.length,
        faults: Object.fromEntries(everyFault.map((fault) => [fault, () => void service.faults.add(fault)])),
        forge: !shape.publicKey
          ? undefined
          : async (dataKey) => {
              const { ciphertext, version } = service.forge('first', dataKey)
              const keyVersion = shape.versions === 'untold' ? '' : version
              return { wrapped: ciphertext, algorithm: 'memory.rsa-oaep-256', keyVersion }
            },
      }
    },
  }
}

function describe(shape: MemoryVariant): string {
  const words = [shape.publicKey ? 'public key' : shape.binding, `versions ${shape.versions}`]
  if (!shape.tellsKey) words.push('key not named')
  if (!shape.serverSideRewrap) words.push('no rewrap')
  if (!shape.generatesDataKeys) words.push('no generation')
  return words.join(', ')
}
