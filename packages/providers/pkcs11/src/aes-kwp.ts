import { createCipheriv, randomFillSync } from 'node:crypto'
import { isKeywrightError, KeywrightError } from '@keywright/core/provider'
import type { Attribute, Handle } from './cryptoki.ts'
import { CryptokiFailure, settled } from './cryptoki-calls.ts'
import { attributes, classes, keyTypes, mechanisms, returns } from './cryptoki-numbers.ts'
import { lostObjects, notHad } from './error-codes.ts'
import type { KeyObject } from './key-objects.ts'
import type { Lease } from './session-pool.ts'
import type { Token } from './token.ts'
import type { Wrapping } from './wrapping.ts'

const wrappedBytes = 40

/** A data key as an object of the session; without CKA_VALUE_LEN, which modules refuse beside a wrapped key. */
function dataKeyObject(sensitive: boolean): Attribute[] {
  return [
    { type: attributes.CLASS, value: classes.secret },
    { type: attributes.KEY_TYPE, value: keyTypes.GENERIC_SECRET },
    { type: attributes.TOKEN, value: false },
    { type: attributes.SENSITIVE, value: sensitive },
    { type: attributes.EXTRACTABLE, value: true },
  ]
}

/**
 * AES key wrap with padding (RFC 5649), 40 bytes; binds nothing.
 *
 * @param mechanism from {@link findKwp}
 */
export function aesKwp(token: Token, mechanism: number): Wrapping {
  const { cryptoki, quick } = token.module
  const unwrapObject = (
    { session }: Lease,
    { handle }: KeyObject,
    wrapped: Uint8Array,
    template: Attribute[],
  ): Promise<Handle> =>
    settled('C_UnwrapKeyAsync', [wrapped], () =>
      cryptoki.C_UnwrapKeyAsync(session, { mechanism }, handle, wrapped, template),
    )
  const wrapObject = async ({ session }: Lease, { handle }: KeyObject, object: Handle) => {
    const output = new Uint8Array(wrappedBytes + 8)
    const wrapped = await settled('C_WrapKeyAsync', [output], () =>
      cryptoki.C_WrapKeyAsync(session, { mechanism }, handle, object, output),
    )
    return wrapped.length === wrappedBytes ? output.slice(0, wrappedBytes) : refuseLength()
  }
  /** Leaves no data key in the session, which lives on. */
  const using = async <T>({ session }: Lease, object: Handle, use: () => Promise<T>): Promise<T> => {
    const result = await use()
    await quick('C_DestroyObject', session, object)
    return result
  }
  return {
    algorithm: 'pkcs11.aes-kwp',
    mechanism,
    contextBinding: 'envelope',
    wrapAuthenticity: 'kek-holder',
    countsWraps: false,
    objects: { wrap: 'secret', unwrap: 'secret' },
    wrappedBytes,
    wrap: async (lease, key, dataKey) => {
      const template = [...dataKeyObject(true), { type: attributes.VALUE, value: dataKey }]
      const object = await quick('C_CreateObject', lease.session, template)
      return using(lease, object, () => wrapObject(lease, key, object))
    },
    unwrap: async (lease, key, wrapped) => {
      const object = await unwrapObject(lease, key, wrapped, dataKeyObject(false))
      return using(lease, object, async () => {
        const [found] = await quick('C_GetAttributeValue', lease.session, object, [
          { type: attributes.VALUE },
        ])
        return found?.value ?? new Uint8Array(0)
      })
    },
    rewrap: async (lease, from, wrapped, to) => {
      const object = await unwrapObject(lease, from, wrapped, dataKeyObject(true))
      return using(lease, object, () => wrapObject(lease, to, object))
    },
  }
}

/**
 * Finds the mechanism that is RFC 5649 on this token, by a known answer: one number means two things.
 *
 * @param offered the token's mechanisms
 * @returns undefined where there is none
 * @throws CryptokiFailure where the token fails, which says nothing of its mechanisms
 */
export async function findKwp(token: Token, offered: readonly number[]): Promise<number | undefined> {
  for (const mechanism of [mechanisms.AES_KEY_WRAP_KWP, mechanisms.AES_KEY_WRAP_PAD]) {
    if (offered.includes(mechanism) && (await isKwp(token, mechanism))) return mechanism
  }
  return undefined
}

async function isKwp(token: Token, mechanism: number): Promise<boolean> {
  const [kek, dataKey] = [randomFillSync(new Uint8Array(32)), randomFillSync(new Uint8Array(32))]
  // The alternative initial value of RFC 5649, section 3.
  const cipher = createCipheriv('id-aes256-wrap-pad', kek, Buffer.from('a65959a6', 'hex'))
  const expected = Buffer.concat([cipher.update(dataKey), cipher.final()])
  const template: Attribute[] = [
    { type: attributes.CLASS, value: classes.secret },
    { type: attributes.KEY_TYPE, value: keyTypes.AES },
    { type: attributes.TOKEN, value: false },
    { type: attributes.WRAP, value: true },
    { type: attributes.VALUE, value: kek },
  ]
  try {
    return await token.run(async (lease) => {
      const handle = await token.module.quick('C_CreateObject', lease.session, template)
      const key = { handle, version: '', epoch: lease.epoch }
      const wrapped = await aesKwp(token, mechanism).wrap(lease, key, dataKey, dataKey)
      await token.module.quick('C_DestroyObject', lease.session, handle)
      return expected.equals(wrapped)
    })
  } catch (error) {
    // Another length is another mechanism's.
    if (isKeywrightError(error, 'invalid-response')) return false
    if (!(error instanceof CryptokiFailure)) throw error
    if (notHad.has(error.rv)) return false
    // The object was this function's own, and went with its session: no KEK is destroyed.
    throw lostObjects.has(error.rv) ? new CryptokiFailure(error.call, returns.GENERAL_ERROR) : error
  }
}

function refuseLength(): never {
  throw new KeywrightError('invalid-response', 'the token answered AES key wrap with another length', {
    field: 'wrapped',
  })
}
