import type { ConformanceHarness } from '@keywright/conformance'
import { vaultTransit } from '../src/index.ts'
import { emulatorStage } from './emulator-stage.ts'

/** A key that binds the context as associated data, on the emulator. */
export const harness: ConformanceHarness = {
  provider: 'vault-transit',
  backend: 'emulator of Vault, AEAD key',
  log: 'with an audit device: who, which key, when, from where; of the context an HMAC of its digest',
  fromUri: vaultTransit.fromUri,
  prepare: () => emulatorStage({ type: 'aes256-gcm96' }),
}
