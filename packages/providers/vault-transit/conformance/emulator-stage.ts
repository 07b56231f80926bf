import type { ConformanceStage, Fault } from '@keywright/conformance'
import { type Fault as VaultFault, vaultTransitEmulator } from '@keywright/emulators'
import { vaultStage } from './vault-stage.ts'

const faults: Partial<Record<Fault, VaultFault>> = {
  'no-version': { kind: 'no-version' },
  'no-data-key': { kind: 'no-data-key' },
  'short-data-key': { kind: 'data-key-length', bytes: 31 },
  'long-data-key': { kind: 'data-key-length', bytes: 33 },
  'empty-wrapped': { kind: 'wrapped-length', bytes: 0 },
  'huge-wrapped': { kind: 'wrapped-length', bytes: 9_000 },
  throttled: { kind: 'throttle', retryAfterSeconds: 2 },
  unavailable: { kind: 'unavailable' },
  unauthenticated: { kind: 'unauthenticated' },
  nonsense: { kind: 'nonsense' },
  'leaky-error': { kind: 'leaky-error' },
  hang: { kind: 'stall' },
}

const user = 'path "transit/*" { capabilities = ["read", "update"] }'

/** A stage on an emulator of its own, with all that it can do wrong; its KEKs may use keys, and not make any. */
export async function emulatorStage(kind: object): Promise<ConformanceStage> {
  const vault = await vaultTransitEmulator()
  const token = await vault.issueToken(user)
  const { admin, firstName, ...stage } = await vaultStage(vault, token, kind)
  const rule = { key: `transit/keys/${firstName}` }
  const made = Object.entries(faults).map(([name, fault]) => [
    name,
    () => void vault.faults.add({ ...rule, fault }),
  ])
  return {
    ...stage,
    disable: async () => void (await admin('POST', `transit/keys/${firstName}/soft-delete`)),
    enable: async () => void (await admin('POST', `transit/keys/${firstName}/soft-delete-restore`)),
    deny: async () => vault.grants.limit('user', ['read auth/token/lookup-self']),
    calls: () => vault.calls.count(),
    faults: {
      ...Object.fromEntries(made),
      'connect-fails-once': () =>
        void vault.faults.add({ ...rule, fault: { kind: 'unavailable' }, times: 1 }),
    },
    close: vault.close,
  }
}
