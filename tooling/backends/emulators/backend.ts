import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { Backend } from '../src/backend.ts'
import { serverProcess } from '../src/server-process.ts'

const { resolve } = createRequire(import.meta.url)
const packageFolder = dirname(resolve('@keywright/emulators/package.json'))

/** Our own stand-ins for the four network services, as their command starts them. */
export const backend: Backend = {
  name: 'emulators',
  tier: 1,
  about: 'our stand-ins for AWS KMS, Google Cloud KMS, Azure Key Vault, Managed HSM, Vault',
  version: 'workspace',

  // They are a package of this workspace.
  async install() {},

  async start({ folder }) {
    const server = serverProcess({
      command: process.execPath,
      args: [join(packageFolder, 'src/command/emulators-command.ts'), '--json'],
      env: { TMPDIR: folder },
      cwd: folder,
    })
    const [line] = await server.printed(/^\{.*\}$/m)
    const { environment } = JSON.parse(line) as { environment: Record<string, string> }
    return { version: this.version, environment, stop: () => server.stop(), ended: server.ended }
  },
}
