import { type ConformanceHarness, defineConformance } from '@keywright/conformance'
import { test } from 'vitest'
import { vaultTransit } from '../src/index.ts'

const { KEYWRIGHT_LIVE_VAULT_TRANSIT_KEY: first, KEYWRIGHT_LIVE_VAULT_TRANSIT_SECOND: second } = process.env

if (first === undefined || second === undefined) {
  const how =
    'KEYWRIGHT_LIVE_VAULT_TRANSIT_KEY and KEYWRIGHT_LIVE_VAULT_TRANSIT_SECOND are the URIs of two keys'
  test(`no Vault of yours is asked: ${how}`, ({ skip }) => skip(how))
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
