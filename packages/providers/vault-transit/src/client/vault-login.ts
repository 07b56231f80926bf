import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { KeywrightError } from '@keywright/core/provider'
import type { VaultAuth, VaultSecret } from '../vault-options.ts'
import { environment } from './environment.ts'

/** A token that is made elsewhere: the one given, that of the environment, or that which `vault login` keeps. */
export async function givenToken({ token }: Extract<VaultAuth, { method: 'token' }>): Promise<string> {
  if (token !== undefined) return secretOf(token)
  return environment('TOKEN') ?? readSecret(join(homedir(), '.vault-token'))
}

/** Where a login goes, and what it says. */
export async function loginRequest(
  auth: Exclude<VaultAuth, { method: 'token' }>,
): Promise<readonly [path: string, object]> {
  if (auth.method === 'approle') {
    const credentials = { role_id: auth.roleId, secret_id: await secretOf(auth.secretId) }
    return [`auth/${auth.mount ?? 'approle'}/login`, credentials]
  }
  const file = auth.tokenFile ?? '/var/run/secrets/kubernetes.io/serviceaccount/token'
  return [`auth/${auth.mount ?? 'kubernetes'}/login`, { role: auth.role, jwt: await readSecret(file) }]
}

async function secretOf(secret: VaultSecret): Promise<string> {
  return typeof secret === 'string' ? secret : secret()
}

async function readSecret(file: string): Promise<string> {
  try {
    return (await readFile(file, 'utf8')).trim()
  } catch {
    const message =
      'no token to show Vault: set VAULT_TOKEN, log in with the vault command, or say where it is in auth'
    throw new KeywrightError('unauthenticated', message, { field: 'auth' })
  }
}
