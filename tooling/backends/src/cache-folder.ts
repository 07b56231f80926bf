import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Backend } from './backend.ts'
import { backendsFolder } from './registry.ts'

/** The workspace's own cache, which `git` ignores and `npm test` leaves alone. */
export const cacheRoot: string = join(backendsFolder, '../../node_modules/.cache/keywright')

/** The folder of everything that is kept for one backend. */
export function cacheOf(name: string): string {
  return join(cacheRoot, 'backends', name)
}

/** What a backend's installation depends on: platform, version and sources, as 16 hexadecimal digits. */
export function installationKey(backend: Backend): string {
  const hash = createHash('sha256')
  hash.update(JSON.stringify([process.platform, process.arch, backend.version]))
  for (const name of backend.sources ?? []) {
    const content = readFileSync(join(backendsFolder, backend.name, name))
    hash.update(JSON.stringify([name, content.length])).update(content)
  }
  return hash.digest('hex').slice(0, 16)
}
