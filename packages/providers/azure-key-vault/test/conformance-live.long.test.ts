import { type ConformanceHarness, defineConformance } from '@keywright/conformance'
import { expect, test } from 'vitest'
import { azureKeyVault } from '../src/index.ts'

const first = process.env['KEYWRIGHT_LIVE_AZURE_KEY_VAULT_KEY']
const second = process.env['KEYWRIGHT_LIVE_AZURE_KEY_VAULT_KEY_SECOND']

if (first === undefined || second === undefined) {
  test('the live service: name two keys in KEYWRIGHT_LIVE_AZURE_KEY_VAULT_KEY and KEYWRIGHT_LIVE_AZURE_KEY_VAULT_KEY_SECOND', () => {
    expect(first === undefined || second === undefined).toBe(true)
  })
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
