import { createRequire } from 'node:module'
import type { Attribute, Cryptoki } from '@keywright/pkcs11'

/** A PKCS#11 module of this process whose calls are looked at: a token has no server that could count them. */
export interface CountedCryptoki {
  readonly client: Cryptoki
  /** Calls that show this process what was wrapped: a decryption, or the value of an object read. */
  readonly shown: () => number
}

/**
 * Loads a module by pkcs11js.
 *
 * @param path absolute path of the module
 */
export function countedCryptoki(path: string): CountedCryptoki {
  const pkcs11js: typeof import('pkcs11js') = createRequire(import.meta.url)('pkcs11js')
  const loaded = new pkcs11js.PKCS11()
  loaded.load(path)
  let shown = 0
  const shows = (name: string, [, , template]: readonly unknown[]): boolean =>
    /^C_Decrypt(?!Init)/.test(name) ||
    (name === 'C_GetAttributeValue' &&
      (template as readonly Attribute[]).some(({ type }) => type === pkcs11js.CKA_VALUE))
  const client = new Proxy(loaded as Cryptoki, {
    get: (target, name) => {
      const method: unknown = Reflect.get(target, name)
      if (typeof method !== 'function') return method
      return (...args: unknown[]) => {
        if (shows(String(name), args)) shown++
        return Reflect.apply(method, target, args)
      }
    },
  })
  return { client, shown: () => shown }
}
