import { createRequire } from 'node:module'
import { KeywrightError } from '@keywright/core/provider'
import type { Cryptoki } from './cryptoki.ts'

/** A client as pkcs11js makes it. */
export interface LoadableCryptoki extends Cryptoki {
  load(path: string): void
}

/** What pkcs11js exports. */
export interface Addon {
  readonly PKCS11: new () => LoadableCryptoki
}

/**
 * Loads pkcs11js, and through it a PKCS#11 module.
 *
 * @param path absolute path of the module
 * @param require finds pkcs11js
 * @throws KeywrightError `configuration` when either cannot be loaded
 */
export function loadAddon(
  path: string,
  require: (name: string) => unknown = createRequire(import.meta.url),
): LoadableCryptoki {
  const cryptoki = newClient(require)
  try {
    cryptoki.load(path)
  } catch {
    const message = `cannot load the PKCS#11 module ${path}: it is missing, not for this platform, or no PKCS#11 module`
    throw new KeywrightError('configuration', message, { field: 'modulePath' })
  }
  return cryptoki
}

function newClient(require: (name: string) => unknown): LoadableCryptoki {
  try {
    const { PKCS11 } = require('pkcs11js') as Addon
    return new PKCS11()
  } catch {
    const message =
      'pkcs11js, a native addon, was not built when it was installed: install a C++ compiler, make and Python ' +
      '("apt-get install g++ make python3", "xcode-select --install"), then "npm rebuild pkcs11js" or its like'
    throw new KeywrightError('configuration', message, { field: 'pkcs11js' })
  }
}
