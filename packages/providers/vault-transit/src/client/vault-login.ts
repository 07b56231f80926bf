import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { KeywrightError } from '@keywright/core/provider'
import type { VaultAuth, VaultSecret } from '../vault-options.ts'
import { environment, environmentOf } from './environment.ts'

/**
 * A token that is made elsewhere: the one given, that of the environment, or that which `vault login` keeps.
 *
 * @param endpoint of the Vault that will see it
 * @throws KeywrightError `configuration` where the environment's is for another Vault; `unauthenticated` for none
 */
export async function givenToken(
  { token }: Extract<VaultAuth, { method: 'token' }>,
  endpoint: string,
): Promise<string> {
  if (token !== undefined) return secretOf(token)
  const { origin } = new URL(endpoint)
  const vault = environmentOf(origin)
  if (vault === undefined) throw elsewhere(origin)
  const found = vault.variable('TOKEN')
  if (found !== undefined) return found
  const main = environment('ADDR')
  if (main === undefined || URL.parse(main)?.origin === origin)
    return readSecret(join(homedir(), '.vault-token'))
  const message = `no token to show this Vault: set VAULT_TOKEN${vault.suffix}`
  throw new KeywrightError('unauthenticated', message, { field: 'auth' })
}

function elsewhere(origin: string): KeywrightError {
  const message =
    environment('ADDR') === undefined
      ? `it is not said for which Vault VAULT_TOKEN and ~/.vault-token are: set VAULT_ADDR=${origin} if for this one`
      : 'VAULT_TOKEN and ~/.vault-token are for the Vault of VAULT_ADDR, and this is another: ' +
        `set VAULT_ADDR_NAME=${origin} and VAULT_TOKEN_NAME, with any word for NAME, or give auth`
  return new KeywrightError('configuration', message, { field: 'auth' })
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
