import type { ConformanceHarness } from '@keywright/conformance'
import { vaultTransit } from '../src/index.ts'
import { emulatorStage } from './emulator-stage.ts'

/** A key that binds the context as associated data, on the emulator. */
export const harness: ConformanceHarness = {
  provider: 'vault-transit',
  backend: 'emulator of Vault, AEAD key',
  fromUri: vaultTransit.fromUri,
  prepare: () => emulatorStage({ type: 'aes256-gcm96' }),
}
