import type { Kek } from '@keywright/core'
import { afterEach } from 'vitest'
import { type Pkcs11Options, pkcs11 } from '../src/index.ts'

/**
 * Makes KEKs that are closed after each test of the suite that calls this: without a policy, and without a warning about
 * keys that a test could read.
 *
 * @param defaults of all of them; the module's path goes unused where a client is given
 */
export function closedKeks(
  defaults: Partial<Pkcs11Options>,
): (key: string, options?: Partial<Pkcs11Options>) => Kek {
  const made: Kek[] = []
  afterEach(async () => {
    for (const kek of made.splice(0)) await kek.close()
  })
  return (key, options = {}) => {
    const given = { unprotectedKey: 'allow', resilience: false, ...defaults, ...options } as const
    const { modulePath, ...byClient } = given
    const kek = pkcs11({ ...(given.client === undefined ? given : byClient), key })
    made.push(kek)
    return kek
  }
}
