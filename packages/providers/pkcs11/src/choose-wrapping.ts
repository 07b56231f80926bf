import { KeywrightError } from '@keywright/core/provider'
import { aesGcm } from './aes-gcm.ts'
import { aesKwp, findKwp } from './aes-kwp.ts'
import { readUlong } from './ck-ulong.ts'
import { attributes, keyTypes, mechanisms } from './cryptoki-numbers.ts'
import { type KeyObject, readFlags } from './key-objects.ts'
import { rsaOaep } from './rsa-oaep.ts'
import type { Token } from './token.ts'
import { type Pkcs11Warning, printWarning } from './warnings.ts'
import type { Wrapping } from './wrapping.ts'

/** What decides how a key wraps, and what is thought of it. */
export interface WrappingOptions {
  readonly key: string
  readonly type?: 'secret-key' | 'private' | undefined
  readonly algorithm?: 'aes-gcm' | 'aes-kwp' | 'rsa-oaep-256' | undefined
  readonly unprotectedKey?: 'warn' | 'refuse' | 'allow' | undefined
  readonly onWarning?: ((warning: Pkcs11Warning) => void) | undefined
}

/**
 * Chooses how a key wraps, by what the token offers and what the key allows, and looks whether it is well kept.
 *
 * @param key the version that wraps; undefined where only the public half of a pair is there
 * @throws KeywrightError `unsupported` where nothing fits, `configuration` for a key of another kind or size
 */
export async function chooseWrapping(
  token: Token,
  key: KeyObject | undefined,
  options: WrappingOptions,
): Promise<Wrapping> {
  if (options.type === 'private') {
    if (key !== undefined) await judge(token, key, options)
    return rsaOaep(token)
  }
  if (key === undefined) throw unsupported(options.key)
  await refuseOtherThanAes256(token, key)
  await judge(token, key, options)
  const [encrypt, decrypt, wrap, unwrap] = await flagsOf(token, key, [
    attributes.ENCRYPT,
    attributes.DECRYPT,
    attributes.WRAP,
    attributes.UNWRAP,
  ])
  const offered = await token.module.slow('C_GetMechanismList', token.slot)
  const { algorithm } = options
  const gcm = offered.includes(mechanisms.AES_GCM) && (encrypt || decrypt)
  if (gcm && algorithm !== 'aes-kwp') return aesGcm(token)
  const kwp = algorithm !== 'aes-gcm' && (wrap || unwrap) ? await findKwp(token, offered) : undefined
  if (kwp === undefined) throw unsupported(options.key)
  return aesKwp(token, kwp)
}

async function refuseOtherThanAes256(token: Token, { handle }: KeyObject): Promise<void> {
  const [type, length] = await token.run(({ session }) =>
    token.module.slow('C_GetAttributeValue', session, handle, [
      { type: attributes.KEY_TYPE },
      { type: attributes.VALUE_LEN },
    ]),
  )
  if (readUlong(type?.value) === keyTypes.AES && readUlong(length?.value) === 32) return
  throw new KeywrightError('configuration', 'a secret key that wraps is an AES key of 256 bits', {
    field: 'key',
  })
}

/** pkcs11-tool makes keys that can be read, unless it is told not to: nobody notices before somebody reads one. */
async function judge(token: Token, key: KeyObject, options: WrappingOptions): Promise<void> {
  const { unprotectedKey = 'warn', onWarning = printWarning } = options
  if (unprotectedKey === 'allow') return
  const [sensitive, extractable, never] = await flagsOf(token, key, [
    attributes.SENSITIVE,
    attributes.EXTRACTABLE,
    attributes.NEVER_EXTRACTABLE,
  ])
  const name = `the PKCS#11 key "${options.key}" with CKA_ID "${key.version}"`
  const found: Pkcs11Warning[] = []
  if (!sensitive)
    found.push({
      code: 'KEYWRIGHT_PKCS11_KEY_READABLE',
      message: `${name} is not CKA_SENSITIVE: it can be read`,
    })
  if (extractable) {
    const message = `${name} is CKA_EXTRACTABLE: it can leave the token wrapped under another key`
    found.push({ code: 'KEYWRIGHT_PKCS11_KEY_EXTRACTABLE', message })
  }
  if (found.length > 0 && unprotectedKey === 'refuse') {
    const message = `${name} can leave its token: it is not sensitive, or it is extractable`
    throw new KeywrightError('configuration', message, { field: 'unprotectedKey' })
  }
  if (found.length === 0 && !never) {
    const message = `${name} was made elsewhere or could once be extracted: a copy may exist`
    found.push({ code: 'KEYWRIGHT_PKCS11_KEY_WAS_EXTRACTABLE', message })
  }
  for (const warning of found) onWarning(warning)
}

function flagsOf(token: Token, { handle }: KeyObject, types: readonly number[]): Promise<readonly boolean[]> {
  return token.run(({ session }) => readFlags(token, session, handle, types))
}

function unsupported(key: string): KeywrightError {
  const message = `neither AES-GCM nor RFC 5649 key wrap works with the key "${key}" on this token`
  return new KeywrightError('unsupported', message, { field: 'algorithm' })
}
