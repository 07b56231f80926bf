import { type ConformanceHarness, defineConformance } from '@keywright/conformance'
import { test } from 'vitest'
import { azureKeyVault } from '../src/index.ts'

const { KEYWRIGHT_LIVE_AZURE_KEY_VAULT_KEY: first, KEYWRIGHT_LIVE_AZURE_KEY_VAULT_SECOND: second } =
  process.env

if (first === undefined || second === undefined) {
  const how =
    'KEYWRIGHT_LIVE_AZURE_KEY_VAULT_KEY and KEYWRIGHT_LIVE_AZURE_KEY_VAULT_SECOND hold HOST/keys/NAME'
  test(`Azure itself is not asked: ${how} of two keys`, ({ skip }) => skip(how))
} else {
  const harness: ConformanceHarness = {
    provider: 'azure-key-vault',
    backend: first.includes('.managedhsm.') ? 'Azure Managed HSM' : 'Azure Key Vault',
    fromUri: azureKeyVault.fromUri,
    deadlineMs: 300_000,
    prepare: async () => ({
      first: () => azureKeyVault({ key: first }),
      second: () => azureKeyVault({ key: second }),
      missing: () =>
        azureKeyVault({ key: `${first.slice(0, first.lastIndexOf('/'))}/keywright-missing-key` }),
    }),
  }
  for (const { title, run } of defineConformance(harness)) test(title, run)
}
