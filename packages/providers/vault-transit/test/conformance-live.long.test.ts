import { type ConformanceHarness, defineConformance } from '@keywright/conformance'
import { expect, test } from 'vitest'
import { vaultTransit } from '../src/index.ts'

const first = process.env['KEYWRIGHT_LIVE_VAULT_TRANSIT_KEY']
const second = process.env['KEYWRIGHT_LIVE_VAULT_TRANSIT_KEY_SECOND']

if (first === undefined || second === undefined) {
  test('a live Vault: name two keys in KEYWRIGHT_LIVE_VAULT_TRANSIT_KEY and KEYWRIGHT_LIVE_VAULT_TRANSIT_KEY_SECOND', () => {
    expect(first === undefined || second === undefined).toBe(true)
  })
} else {
  const harness: ConformanceHarness = {
    provider: 'vault-transit',
    backend: 'a live Vault',
    fromUri: vaultTransit.fromUri,
    deadlineMs: 300_000,
    prepare: async () => ({
      first: () => vaultTransit.fromUri(first),
      second: () => vaultTransit.fromUri(second),
      missing: () => vaultTransit.fromUri(`${first.slice(0, first.lastIndexOf('/'))}/keywright-missing-key`),
      secrets: [process.env['VAULT_TOKEN'] ?? ''].filter((token) => token !== ''),
    }),
  }
  for (const { title, run } of defineConformance(harness)) test(title, run)
}
