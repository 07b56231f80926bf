import { createHash } from 'node:crypto'
import { isKeywrightError, type Kek, type KeyContext } from '@keywright/core'
import type { TokenAdmin } from '../conformance/token-admin.ts'
import { type Cryptoki, type Pkcs11Options, pkcs11 } from '../src/index.ts'

/** The tokens that were asked. */
export type AskedToken = 'softhsm' | 'nss' | 'kryoptic' | 'swtpm'

/** What a token does in a situation: the call that fails, its CKR number, and what a caller is told. */
export interface Answer {
  readonly call: keyof Cryptoki
  readonly rv: number
  readonly code: string
}

/** One situation, and every token's answer; a token without one cannot be brought into it. */
export interface Situation {
  readonly situation: string
  readonly bring: (stage: Stage) => Promise<unknown>
  readonly answers: Partial<Readonly<Record<AskedToken, Answer>>>
}

/** A token to bring into situations. */
export interface Stage {
  readonly admin: TokenAdmin
  /** CKA_IDs that no other key has. */
  readonly freshId: () => string
  readonly kek: (options: Pick<Pkcs11Options, 'key' | 'algorithm' | 'type'>) => Kek
}

const contextOf = (tenant: string): KeyContext => ({
  role: 'dek',
  pairs: { tenant },
  digest: createHash('sha256').update(tenant).digest(),
})
const context = contextOf('a')
const dataKey = new Uint8Array(32).fill(7)

interface Wrapped {
  readonly wrapped: Uint8Array
  readonly reference: string
  readonly keyVersion: string
  readonly algorithm: string
}

async function wrap(kek: Kek): Promise<Wrapped> {
  const { reference } = await kek.connect()
  const { wrapped, keyVersion = '', algorithm } = await kek.wrapKey({ dataKey, context })
  return { wrapped, reference, keyVersion, algorithm }
}

async function aes(stage: Stage, key: string, algorithm: 'aes-gcm' | 'aes-kwp'): Promise<[Kek, Wrapped]> {
  stage.admin.createAes(key, stage.freshId())
  const kek = stage.kek({ key, algorithm })
  return [kek, await wrap(kek)]
}

const flipped = (bytes: Uint8Array, at: number): Uint8Array =>
  bytes.map((byte, index) => (index === (at + bytes.length) % bytes.length ? byte ^ 1 : byte))

const refused = (call: keyof Cryptoki, rv: number): Answer => ({ call, rv, code: 'unwrap-failed' })

/** One row a situation, one column a token: for the same fault they answer differently, which is why this stands here. */
export const situations: readonly Situation[] = [
  {
    situation: 'AES-GCM under another context',
    bring: async (stage) => {
      const [kek, slot] = await aes(stage, 'other context', 'aes-gcm')
      await kek.unwrapKey({ ...slot, context: contextOf('b') })
    },
    answers: {
      softhsm: refused('C_DecryptAsync', 0x05),
      nss: refused('C_DecryptAsync', 0x40),
      kryoptic: refused('C_DecryptAsync', 0x40),
    },
  },
  {
    situation: 'AES-GCM with a changed tag',
    bring: async (stage) => {
      const [kek, slot] = await aes(stage, 'changed tag', 'aes-gcm')
      await kek.unwrapKey({ ...slot, wrapped: flipped(slot.wrapped, -1), context })
    },
    answers: {
      softhsm: refused('C_DecryptAsync', 0x05),
      nss: refused('C_DecryptAsync', 0x40),
      kryoptic: refused('C_DecryptAsync', 0x40),
    },
  },
  {
    situation: 'AES-GCM of another key',
    bring: async (stage) => {
      const [, slot] = await aes(stage, 'one key', 'aes-gcm')
      const [kek, own] = await aes(stage, 'another key', 'aes-gcm')
      await kek.unwrapKey({ ...own, wrapped: slot.wrapped, context })
    },
    answers: {
      softhsm: refused('C_DecryptAsync', 0x05),
      nss: refused('C_DecryptAsync', 0x40),
      kryoptic: refused('C_DecryptAsync', 0x40),
    },
  },
  {
    situation: 'AES-KWP with a changed byte',
    bring: async (stage) => {
      const [kek, slot] = await aes(stage, 'changed key wrap', 'aes-kwp')
      await kek.unwrapKey({ ...slot, wrapped: flipped(slot.wrapped, 9), context })
    },
    answers: {
      softhsm: refused('C_UnwrapKeyAsync', 0x05),
      nss: refused('C_UnwrapKeyAsync', 0x110),
      kryoptic: refused('C_UnwrapKeyAsync', 0x30),
    },
  },
  {
    situation: 'RSA-OAEP with a changed byte',
    bring: async (stage) => {
      stage.admin.createRsa('changed rsa', stage.freshId())
      const kek = stage.kek({ key: 'changed rsa', type: 'private' })
      const slot = await wrap(kek)
      await kek.unwrapKey({ ...slot, wrapped: flipped(slot.wrapped, 100), context })
    },
    answers: {
      softhsm: { call: 'C_DecryptInit', rv: 0x07, code: 'unsupported' },
      nss: refused('C_DecryptAsync', 0x40),
      kryoptic: refused('C_DecryptAsync', 0x30),
      swtpm: refused('C_DecryptAsync', 0x05),
    },
  },
  {
    situation: 'a key destroyed by somebody else, under a handle that was known',
    bring: async (stage) => {
      const [kek, slot] = await aes(stage, 'destroyed', 'aes-gcm')
      await kek.unwrapKey({ ...slot, context })
      stage.admin.destroy('destroyed')
      await kek.unwrapKey({ ...slot, context })
    },
    answers: {
      softhsm: { call: 'C_DecryptInit', rv: 0x82, code: 'key-destroyed' },
      nss: { call: 'C_DecryptInit', rv: 0x60, code: 'key-destroyed' },
      kryoptic: { call: 'C_DecryptInit', rv: 0x82, code: 'key-destroyed' },
    },
  },
  {
    situation: 'a key that may not decrypt',
    bring: async (stage) => {
      stage.admin.createAes('seal only', stage.freshId(), [{ type: 0x105, value: false }])
      const kek = stage.kek({ key: 'seal only' })
      await kek.unwrapKey({ ...(await wrap(kek)), context })
    },
    answers: {
      softhsm: { call: 'C_DecryptInit', rv: 0x68, code: 'access-denied' },
      nss: { call: 'C_DecryptInit', rv: 0x63, code: 'access-denied' },
      kryoptic: { call: 'C_DecryptInit', rv: 0x68, code: 'access-denied' },
    },
  },
  {
    situation: 'a key that may not encrypt',
    bring: async (stage) => {
      stage.admin.createAes('open only', stage.freshId(), [{ type: 0x104, value: false }])
      await wrap(stage.kek({ key: 'open only' }))
    },
    answers: {
      softhsm: { call: 'C_EncryptInit', rv: 0x68, code: 'access-denied' },
      nss: { call: 'C_EncryptInit', rv: 0x63, code: 'access-denied' },
      kryoptic: { call: 'C_EncryptInit', rv: 0x68, code: 'access-denied' },
    },
  },
]

/** CRYPTOKI_ALREADY_INITIALIZED and USER_ALREADY_LOGGED_IN: the administrator was there first. */
const expected: ReadonlySet<number> = new Set([0x191, 0x100])

/** Brings a token into a situation and says what it answered first, and what the caller was told. */
export async function observe(
  { bring }: Situation,
  admin: TokenAdmin,
  pin: string,
  idPrefix: string,
): Promise<Answer | undefined> {
  let first: Pick<Answer, 'call' | 'rv'> | undefined
  const note = (call: string, error: unknown): never => {
    const rv = error instanceof Error && 'code' in error ? Number(error.code) : -1
    if (!expected.has(rv)) first ??= { call: call as keyof Cryptoki, rv }
    throw error
  }
  const client = new Proxy<Cryptoki>(admin.client, {
    get: (target, name) => {
      const method: unknown = Reflect.get(target, name)
      if (typeof method !== 'function') return method
      return (...args: unknown[]) => {
        try {
          const result: unknown = Reflect.apply(method, target, args)
          return result instanceof Promise ? result.catch((error) => note(String(name), error)) : result
        } catch (error) {
          return note(String(name), error)
        }
      }
    },
  })
  const keks: Kek[] = []
  let ids = 0
  const stage: Stage = {
    admin,
    freshId: () => `${idPrefix}${(++ids).toString(16).padStart(2, '0')}`,
    kek: (options) => {
      const common = { token: admin.label, pin, client, unprotectedKey: 'allow', resilience: false } as const
      const kek = pkcs11({ ...common, ...options })
      keks.push(kek)
      return kek
    },
  }
  try {
    await bring(stage)
    return undefined
  } catch (error) {
    if (!isKeywrightError(error) || first === undefined) throw error
    return { ...first, code: error.code }
  } finally {
    for (const kek of keks) await kek.close()
  }
}
