import type { ConformanceHarness } from '@keywright/conformance'
import { azureManagedHsmEmulator } from '@keywright/emulators'
import { azureKeyVault } from '../src/index.ts'
import { azureStage } from './azure-stage.ts'

/** Symmetric keys of a managed HSM, with A256KW, on the emulator. */
export const harness: ConformanceHarness = {
  provider: 'azure-key-vault',
  backend: 'emulated managed HSM, A256KW',
  log: 'with diagnostics: who, which key, when, from where; nothing of the context',
  fromUri: azureKeyVault.fromUri,
  prepare: async () => azureStage(await azureManagedHsmEmulator(), 'A256KW'),
}
