import type { ConformanceStage } from '@keywright/conformance'
import type { Kek } from '@keywright/core'
import { vaultTransit } from '../src/index.ts'
import { type Administer, administer } from './administer.ts'

/** A Vault for one case: where it is and who may do everything. */
export interface StageVault {
  readonly url: string
  readonly rootToken: string
}

/** Two keys of a kind, and what every Vault lets an administrator do to the first of them. */
export interface VaultStage extends ConformanceStage {
  readonly admin: Administer
  readonly firstName: string
}

/**
 * Makes two keys.
 *
 * @param vault where
 * @param token that the KEKs use
 * @param kind options of the keys, such as `derived`
 */
export async function vaultStage(
  { url, rootToken }: StageVault,
  token: string,
  kind: object,
): Promise<VaultStage> {
  const admin = administer(url, rootToken)
  const [firstName, secondName] = [`first-${crypto.randomUUID()}`, `second-${crypto.randomUUID()}`]
  for (const name of [firstName, secondName]) await admin('POST', `transit/keys/${name}`, kind)
  const kek = (key: string): Kek =>
    vaultTransit({ key, address: url, namespace: '', auth: { method: 'token', token }, resilience: false })
  const config = (body: object): Promise<unknown> => admin('POST', `transit/keys/${firstName}/config`, body)
  return {
    admin,
    firstName,
    first: () => kek(firstName),
    second: () => kek(secondName),
    secrets: [token],
    missing: () => kek('missing'),
    rotate: async () => void (await admin('POST', `transit/keys/${firstName}/rotate`, {})),
    retire: async () => void (await config({ min_decryption_version: 2 })),
    destroy: async () => {
      await config({ deletion_allowed: true })
      await admin('DELETE', `transit/keys/${firstName}`)
    },
  }
}
