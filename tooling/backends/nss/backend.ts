import { join } from 'node:path'
import { firstExisting, libraryFolders } from '../debian/first-existing.ts'
import { type Backend, BackendMissing } from '../src/backend.ts'
import { installSystemPackages, mayInstallSystemPackages } from '../src/debian-packages.ts'
import { demandAddon, missingAddon } from '../src/pkcs11-addon.ts'

/**
 * The softokn module of NSS: a PKCS#11 token in a database folder. Its libraries find each other only where the system
 * keeps them, so it is not unpacked into a cache. The token is empty: whoever loads it first logs in as security
 * officer with an empty PIN and sets the user's.
 */
export const backend: Backend = {
  name: 'nss',
  tier: 1,
  about: "PKCS#11 token of Mozilla's NSS",
  version: '3',

  missing: missingAddon,

  async install({ say }) {
    if (locate() !== undefined) return
    if (!mayInstallSystemPackages()) throw new BackendMissing('install libnss3 ("apt-get install libnss3")')
    await installSystemPackages(['libnss3'], say)
  },

  async start({ folder }) {
    await demandAddon()
    const module = locate()
    if (module === undefined) throw new BackendMissing('install libnss3 ("apt-get install libnss3")')
    // The last blank belongs to it.
    const parameters = `configdir='sql:${folder}' certPrefix='' keyPrefix='' secmod='secmod.db' flags= `
    return {
      version: 'softokn of the system',
      environment: { KEYWRIGHT_NSS_MODULE: module, KEYWRIGHT_NSS_PARAMETERS: parameters },
      stop: async () => {},
    }
  },
}

function locate(): string | undefined {
  const folders = libraryFolders.flatMap((folder) => [folder, join(folder, 'nss')])
  return firstExisting(folders.map((folder) => join(folder, 'libsoftokn3.so')))
}
