import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { BackendMissing } from './backend.ts'
import { backendsFolder } from './registry.ts'

const addon = join(
  backendsFolder,
  '../../packages/providers/pkcs11/node_modules/pkcs11js/build/Release/pkcs11.node',
)

/**
 * How to get the native addon that the PKCS#11 provider calls tokens by; undefined where it is. The set-up builds it
 * as soon as it finds a compiler.
 */
export async function missingAddon(): Promise<string | undefined> {
  return existsSync(addon)
    ? undefined
    : 'needs a C++ compiler ("apt-get install g++"), then npm test builds the addon'
}

/**
 * For the start of a token, which nothing here can use without the addon.
 *
 * @throws BackendMissing
 */
export async function demandAddon(): Promise<void> {
  const missing = await missingAddon()
  if (missing !== undefined) throw new BackendMissing(missing)
}
