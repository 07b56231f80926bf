import type { ConformanceHarness } from '@keywright/conformance'
import { azureKeyVaultEmulator } from '@keywright/emulators'
import { azureKeyVault } from '../src/index.ts'
import { azureStage } from './azure-stage.ts'

/** RSA keys of a vault, on the emulator. */
export const harness: ConformanceHarness = {
  provider: 'azure-key-vault',
  backend: 'emulated vault, RSA-OAEP-256',
  log: 'with diagnostics: who, which key, when, from where; nothing of the context',
  fromUri: azureKeyVault.fromUri,
  prepare: async () => azureStage(await azureKeyVaultEmulator()),
}
