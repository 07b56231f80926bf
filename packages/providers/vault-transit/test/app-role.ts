import type { Kek } from '@keywright/core'
import type { VaultAuth } from '../src/index.ts'
import { type RunningVault, runningVault } from './running-vault.ts'
import { TestClock } from './test-clock.ts'

/** When the clock of a scene begins. */
export const start: number = Date.UTC(2026, 0, 1)

/** A Vault with an AppRole, and a KEK that logs in by it. */
export interface Scene {
  readonly vault: RunningVault
  readonly clock: TestClock
  readonly auth: VaultAuth & { readonly method: 'approle' }
  readonly kek: Kek
}

/** A KEK that logs in by an AppRole whose tokens live for a minute, on a clock that both sides go by. */
export async function appRole(role: object = {}): Promise<Scene> {
  const clock = new TestClock()
  const vault = await runningVault({ now: () => new Date(start + clock.now()) })
  await vault.admin('PUT', 'sys/policies/acl/user', {
    policy: 'path "transit/*" { capabilities = ["read", "update"] }',
  })
  await vault.admin('POST', 'auth/approle/role/app', { token_policies: 'user', token_ttl: '60s', ...role })
  const { data } = (await vault.admin('GET', 'auth/approle/role/app/role-id')) as {
    data: { role_id: string }
  }
  const secret = (await vault.admin('POST', 'auth/approle/role/app/secret-id', {})) as {
    data: { secret_id: string }
  }
  const auth = { method: 'approle', roleId: data.role_id, secretId: secret.data.secret_id } as const
  return { vault, clock, auth, kek: vault.kek({ auth, clock }) }
}
