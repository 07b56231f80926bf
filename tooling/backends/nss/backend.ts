import { globSync } from 'node:fs'
import { join } from 'node:path'
import { firstExisting, libraryFolders } from '../debian/first-existing.ts'
import { unpackPackages } from '../debian/unpack-packages.ts'
import { type Backend, BackendMissing } from '../src/backend.ts'
import { demandAddon, missingAddon } from '../src/pkcs11-addon.ts'
import { runTool } from '../src/run-tool.ts'

/**
 * The softokn module of NSS: a PKCS#11 token in a database folder. The token is empty: whoever loads it first logs in as
 * security officer with an empty PIN and sets the user's.
 */
export const backend: Backend = {
  name: 'nss',
  tier: 1,
  about: "PKCS#11 token of Mozilla's NSS",
  version: '3',

  missing: missingAddon,

  async install({ cache, say }) {
    if (locate('/') !== undefined) return
    say('libnss3 of Debian, into the cache folder')
    await unpackPackages(['libnss3', 'libnspr4', 'libsqlite3-0', 'patchelf'], cache)
    // The libraries look for each other where the system keeps them, unless they are told to look beside themselves.
    const libraries = globSync('usr/lib/**/lib*.so', { cwd: cache }).map((path) => join(cache, path))
    await runTool(join(cache, 'usr/bin/patchelf'), ['--set-rpath', '$ORIGIN', ...libraries])
  },

  async start({ cache, folder }) {
    await demandAddon()
    const module = locate('/') ?? locate(cache)
    if (module === undefined) throw new BackendMissing('install libnss3 ("apt-get install libnss3")')
    // The last blank belongs to it.
    const parameters = `configdir='sql:${folder}' certPrefix='' keyPrefix='' secmod='secmod.db' flags= `
    return {
      version: module.startsWith(cache) ? 'softokn of Debian' : 'softokn of the system',
      environment: { KEYWRIGHT_NSS_MODULE: module, KEYWRIGHT_NSS_PARAMETERS: parameters },
      stop: async () => {},
    }
  },
}

function locate(root: string): string | undefined {
  const folders = libraryFolders.flatMap((folder) => [folder, join(folder, 'nss')])
  return firstExisting(folders.map((folder) => join(root, folder, 'libsoftokn3.so')))
}
