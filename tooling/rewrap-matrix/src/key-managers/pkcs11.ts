import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import process from 'node:process'
import { openBackend } from '@keywright/backends'
import { pkcs11 } from '@keywright/pkcs11'
import { type CountedCryptoki, countedCryptoki } from './counted-cryptoki.ts'
import type { KeyManager, ManagedKey } from './key-manager.ts'

const administer = join(import.meta.dirname, 'administer-token.ts')

type Change = 'create' | 'create-wrapping' | 'allow' | 'forbid'

/**
 * A PKCS#11 token, by SoftHSM; administered from a process of its own. One of them at most is used in one process, for
 * the library reads its configuration once.
 *
 * @throws BackendMissing
 */
export async function startPkcs11(): Promise<KeyManager> {
  const { environment, stop } = await openBackend('softhsm')
  const { KEYWRIGHT_PKCS11_MODULE: modulePath = '', KEYWRIGHT_PKCS11_PIN: pin } = environment
  const token = 'keywright'
  let counted: CountedCryptoki | undefined
  const administrator = fork(administer, { env: { ...process.env, ...environment } })
  const ended = once(administrator, 'exit')
  let last: Promise<unknown> = Promise.resolve()
  const change = async (operation: Change, ...words: readonly string[]): Promise<void> => {
    const before = last
    const done = before.then(async () => {
      administrator.send([operation, ...words])
      const answer = await Promise.race([once(administrator, 'message'), ended.then(() => undefined)])
      if (answer === undefined) throw new Error(`the token's administrator failed at ${operation}`)
    })
    last = done.catch(() => {})
    await done
  }
  const make = async (key: string, create: Change): Promise<ManagedKey> => {
    await change(create, key, '01')
    return {
      uri: `pkcs11:token=${token};object=${key};type=secret-key`,
      kek: () => {
        // The library reads it from the process when a first KEK connects.
        process.env['SOFTHSM2_CONF'] = environment['SOFTHSM2_CONF']
        // Keys that are rewrapped inside the token, whose calls are of interest.
        if (create === 'create-wrapping') counted ??= countedCryptoki(modulePath)
        const client = create === 'create-wrapping' ? counted?.client : undefined
        return pkcs11({ token, key, modulePath, pin, client, resilience: false })
      },
      newVersion: () => change(create, key, '02'),
      disableFirstVersion: () => change('forbid', key, '01'),
      revoke: () => change('forbid', key, '01', '02'),
      restore: () => change('allow', key, '01', '02'),
      disable: () => change('forbid', key, '01', '02'),
      enable: () => change('allow', key, '01', '02'),
    }
  }
  return {
    scheme: 'pkcs11',
    backend: 'SoftHSM',
    environment,
    createKey: (key) => make(key, 'create'),
    kinds: new Map([['pkcs11.aes-kwp', (key: string) => make(key, 'create-wrapping')]]),
    // AES key wrap: a wrapped key becomes an object of the token, and is wrapped again there.
    createRewrappable: (key) => make(key, 'create-wrapping'),
    rewrapsTo: 'other keys',
    unwrapCallsHere: () => counted?.shown() ?? 0,
    close: async () => {
      if (administrator.connected) administrator.disconnect()
      await ended
      await stop()
    },
  }
}
