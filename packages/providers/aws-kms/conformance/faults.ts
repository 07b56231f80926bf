import type { Fault as ConformanceFault, ConformanceStage } from '@keywright/conformance'
import type { Emulator, Fault } from '@keywright/emulators'

/** The suite's faults by the emulator's. */
const faults: readonly (readonly [ConformanceFault, Fault])[] = [
  ['other-key', { kind: 'other-key' }],
  ['other-version', { kind: 'other-version' }],
  ['no-key-named', { kind: 'no-key-named' }],
  ['no-version', { kind: 'no-version' }],
  ['no-data-key', { kind: 'no-data-key' }],
  ['short-data-key', { kind: 'data-key-length', bytes: 31 }],
  ['long-data-key', { kind: 'data-key-length', bytes: 33 }],
  ['empty-wrapped', { kind: 'wrapped-length', bytes: 0 }],
  ['huge-wrapped', { kind: 'wrapped-length', bytes: 9000 }],
  ['throttled', { kind: 'throttle', retryAfterSeconds: 1 }],
  ['unavailable', { kind: 'unavailable' }],
  ['unauthenticated', { kind: 'unauthenticated' }],
  ['nonsense', { kind: 'nonsense' }],
  ['leaky-error', { kind: 'leaky-error' }],
  ['hang', { kind: 'stall' }],
]

/** What the emulator can be told to do wrong with one key. */
export function faultsOf({ faults: told }: Emulator, key: string): ConformanceStage['faults'] {
  return Object.fromEntries(faults.map(([name, fault]) => [name, () => void told.add({ fault, key })]))
}
