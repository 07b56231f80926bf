import { createRequire } from 'node:module'
import process from 'node:process'
import { openBackend } from '@keywright/backends'
import { pkcs11 } from '@keywright/pkcs11'
import type { Handle } from 'pkcs11js'
import type { KeyManager, ManagedKey } from './key-manager.ts'

const pin = 'nss-user-pin'

/**
 * RSA keys in a PKCS#11 token, by NSS, for SoftHSM has no OAEP with SHA-256; administered in this process, to which
 * the database belongs.
 *
 * @throws BackendMissing
 */
export async function startNssRsa(): Promise<KeyManager> {
  const { environment, stop } = await openBackend('nss')
  // What protects the database is derived quickly then; read at initialisation.
  process.env['NSS_MAX_MP_PBE_ITERATION_COUNT'] = '1'
  const { KEYWRIGHT_NSS_MODULE: modulePath = '', KEYWRIGHT_NSS_PARAMETERS: parameters = '' } = environment
  const pkcs11js: typeof import('pkcs11js') = createRequire(import.meta.url)('pkcs11js')
  const client = new pkcs11js.PKCS11()
  client.load(modulePath)
  client.C_Initialize({ flags: pkcs11js.CKF_OS_LOCKING_OK, libraryParameters: `${parameters} ` })
  const wantsLogin = (one: Handle): boolean =>
    (client.C_GetTokenInfo(one).flags & pkcs11js.CKF_LOGIN_REQUIRED) !== 0
  const slot = client.C_GetSlotList(true).find(wantsLogin)
  if (slot === undefined) throw new Error('NSS has no token')
  const session = client.C_OpenSession(slot, pkcs11js.CKF_SERIAL_SESSION | pkcs11js.CKF_RW_SESSION)
  client.C_Login(session, pkcs11js.CKU_SO, '')
  client.C_InitPIN(session, pin)
  client.C_Logout(session)
  client.C_Login(session, pkcs11js.CKU_USER, pin)
  const token = client.C_GetTokenInfo(slot).label.trim()
  let made = 0
  const createVersion = (key: string): Handle => {
    made++
    const name = [
      { type: pkcs11js.CKA_TOKEN, value: true },
      { type: pkcs11js.CKA_LABEL, value: key },
      { type: pkcs11js.CKA_ID, value: Buffer.of(made) },
    ]
    const open = [
      { type: pkcs11js.CKA_MODULUS_BITS, value: 2_048 },
      { type: pkcs11js.CKA_PUBLIC_EXPONENT, value: Buffer.of(1, 0, 1) },
      { type: pkcs11js.CKA_ENCRYPT, value: true },
    ]
    const secret = [
      { type: pkcs11js.CKA_SENSITIVE, value: true },
      { type: pkcs11js.CKA_EXTRACTABLE, value: false },
      { type: pkcs11js.CKA_DECRYPT, value: true },
    ]
    const mechanism = { mechanism: pkcs11js.CKM_RSA_PKCS_KEY_PAIR_GEN }
    return client.C_GenerateKeyPair(session, mechanism, [...name, ...open], [...name, ...secret]).privateKey
  }
  const createKey = async (key: string): Promise<ManagedKey> => {
    const versions = [createVersion(key)]
    const decrypts = async (value: boolean): Promise<void> => {
      const attribute = { type: pkcs11js.CKA_DECRYPT, value }
      for (const version of versions) client.C_SetAttributeValue(session, version, [attribute])
    }
    const [take, give] = [() => decrypts(false), () => decrypts(true)]
    return {
      uri: `pkcs11:token=${token};object=${key};type=private`,
      kek: () => {
        const reach = { modulePath, initializeParameters: parameters, pin }
        return pkcs11({ token, key, type: 'private', worker: 'always', ...reach, resilience: false })
      },
      newVersion: async () => void versions.push(createVersion(key)),
      revoke: take,
      restore: give,
      disable: take,
      enable: give,
    }
  }
  return {
    scheme: 'pkcs11',
    backend: 'NSS',
    environment,
    createKey,
    kinds: new Map([['pkcs11.rsa-oaep-256', createKey]]),
    close: async () => {
      client.C_CloseSession(session)
      await stop()
    },
  }
}
