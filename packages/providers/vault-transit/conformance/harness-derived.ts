import type { ConformanceHarness } from '@keywright/conformance'
import { vaultTransit } from '../src/index.ts'
import { emulatorStage } from './emulator-stage.ts'

/** A key that derives from the context, on the emulator. */
export const harness: ConformanceHarness = {
  provider: 'vault-transit',
  backend: 'emulator of Vault, derived key',
  log: 'with an audit device: who, which key, when, from where; of the context an HMAC of its digest',
  fromUri: vaultTransit.fromUri,
  prepare: () => emulatorStage({ type: 'aes256-gcm96', derived: true }),
}
