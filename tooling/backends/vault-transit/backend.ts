import { join } from 'node:path'
import type { Backend } from '../src/backend.ts'
import { goCommand, missingGo } from '../src/go-toolchain.ts'
import { runTool } from '../src/run-tool.ts'
import { serverProcess } from '../src/server-process.ts'

const binary = process.platform === 'win32' ? 'vault-transit.exe' : 'vault-transit'

/** Whom the server knows from its start. For tests: none of it is a secret. */
const known = {
  'root-token': 'keywright-root',
  'role-id': 'keywright-role-id',
  'secret-id': 'keywright-secret-id',
  role: 'keywright',
  jwt: 'keywright-service-account',
}
const seedKey = 'keywright'

/** The transit engine of Vault itself, as a Go module, behind Vault's HTTP surface. */
export const backend: Backend = {
  name: 'vault-transit',
  tier: 2,
  about: "Vault's own transit engine",
  version: '1.21.4',
  sources: ['main.go', 'respond.go', 'tokens.go', 'go.mod', 'go.sum'],

  missing: missingGo,

  async install({ cache, say }) {
    const go = await goCommand(say)
    say('building, which from empty caches takes one or two minutes')
    const args = ['build', '-trimpath', '-buildvcs=false', '-mod=readonly', '-o', join(cache, binary), '.']
    await runTool(go, args, { cwd: import.meta.dirname, env: { GOTOOLCHAIN: 'local', CGO_ENABLED: '0' } })
  },

  async start({ cache, folder }) {
    const args = Object.entries(known).flatMap(([name, value]) => [`-${name}`, value])
    const server = serverProcess({ command: join(cache, binary), args, cwd: folder })
    const address = (await server.printed(/listening on (http:\/\/\S+)\n/))[1] ?? ''
    const headers = { 'X-Vault-Token': known['root-token'] }
    const made = await fetch(`${address}/v1/transit/keys/${seedKey}`, { method: 'POST', headers })
    if (!made.ok) throw new Error(`the first key was answered with ${made.status}`)
    return {
      version: this.version,
      environment: {
        VAULT_ADDR: address,
        VAULT_TOKEN: known['root-token'],
        KEYWRIGHT_VAULT_ROLE_ID: known['role-id'],
        KEYWRIGHT_VAULT_SECRET_ID: known['secret-id'],
        KEYWRIGHT_VAULT_KUBERNETES_ROLE: known.role,
        KEYWRIGHT_VAULT_KUBERNETES_JWT: known.jwt,
        KEYWRIGHT_VAULT_TRANSIT_KEY: `vault-transit://${new URL(address).host}/transit/keys/${seedKey}`,
      },
      stop: () => server.stop(),
      ended: server.ended,
    }
  },
}
