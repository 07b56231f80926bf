import type { ConformanceHarness } from '@keywright/conformance'
import { gcpKmsEmulator, type ServiceFault, type TransportFault } from '@keywright/emulators'
import { gcpKms } from '../src/index.ts'
import { keyAdministration } from '../test/google-client.ts'

const refusals = ['unavailable', 'unauthenticated', 'nonsense', 'leaky-error'] as const
const lies = ['other-key', 'other-version', 'no-key-named', 'no-version', 'no-data-key'] as const
const ring = 'projects/p/locations/l/keyRings/r'

/** An emulator of its own for each case; administered, like the service, through Google's client. */
export const harness: ConformanceHarness = {
  provider: 'gcp-kms',
  backend: 'emulator',
  log: 'with data access logs: who, which key, when, from where; of the context at most its digest',
  fromUri: gcpKms.fromUri,
  prepare: async () => {
    const { url: endpoint, createKey, faults, calls, close } = await gcpKmsEmulator()
    const [first, second] = [`${ring}/cryptoKeys/first`, `${ring}/cryptoKeys/second`] as const
    for (const key of [first, second]) createKey(key)
    const kek = (key: string) => () =>
      gcpKms({ key, endpoint, protectionLevel: 'software', resilience: false })
    const { rotate, setState, destroy } = keyAdministration(endpoint, first)
    const wrong = (fault: ServiceFault | TransportFault) => () => void faults.add({ fault, key: first })
    return {
      ...{ first: kek(first), second: kek(second), missing: kek(`${ring}/cryptoKeys/missing`) },
      ...{ rotate, retire: () => destroy(1), destroy: () => destroy(1), calls: () => calls.count(), close },
      ...{ disable: () => setState(1, 'DISABLED'), enable: () => setState(1, 'ENABLED') },
      deny: async () => wrong({ kind: 'deny' })(),
      faults: {
        ...Object.fromEntries([...refusals, ...lies].map((kind) => [kind, wrong({ kind })])),
        throttled: wrong({ kind: 'throttle', retryAfterSeconds: 1 }),
        hang: wrong({ kind: 'stall' }),
        'short-data-key': wrong({ kind: 'data-key-length', bytes: 31 }),
        'long-data-key': wrong({ kind: 'data-key-length', bytes: 33 }),
        'empty-wrapped': wrong({ kind: 'wrapped-length', bytes: 0 }),
        'huge-wrapped': wrong({ kind: 'wrapped-length', bytes: 8_193 }),
      },
    }
  },
}
