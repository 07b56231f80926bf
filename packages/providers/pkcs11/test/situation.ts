import { isKeywrightError, type Kek } from '@keywright/core'
import type { TokenAdmin } from '../conformance/token-admin.ts'
import { type Cryptoki, type Pkcs11Options, pkcs11 } from '../src/index.ts'
import { contextOf, dataKey, type Slot, wrapSlot } from './key-context.ts'

/** The tokens that were asked. */
export type AskedToken = 'softhsm' | 'nss' | 'kryoptic' | 'swtpm'

/** What comes of a situation. */
export interface Answer {
  /** The first call that fails, with its CKR number; absent where the token is not asked. */
  readonly call?: keyof Cryptoki
  readonly rv?: number
  /** What a caller is told; `none` where it is told nothing, for the provider helped itself. */
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
  /** Takes the token's files away until the returned function is called. */
  readonly takeAway: () => () => void
  readonly kek: (options: Pick<Pkcs11Options, 'key' | 'algorithm' | 'type' | 'pin'>) => Kek
}

const context = contextOf('a')

/** A new AES key, and a data key under it. */
export async function aes(stage: Stage, key: string, algorithm: 'aes-gcm' | 'aes-kwp'): Promise<[Kek, Slot]> {
  stage.admin.createAes(key, stage.freshId())
  const kek = stage.kek({ key, algorithm })
  return [kek, await wrapSlot(kek, dataKey, context)]
}

/** A new RSA pair, and a data key under it. */
export async function rsa(stage: Stage, key: string): Promise<[Kek, Slot]> {
  stage.admin.createRsa(key, stage.freshId())
  const kek = stage.kek({ key, type: 'private' })
  return [kek, await wrapSlot(kek, dataKey, context)]
}

/** The rows that a token has an answer in, each with a number of its own. */
export function rowsOf(
  token: AskedToken,
  rows: readonly Situation[],
): (Situation & { readonly index: number; readonly answer: Answer | undefined })[] {
  return rows
    .map((row, index) => ({ ...row, index, answer: row.answers[token] }))
    .filter(({ answer }) => answer !== undefined)
}

/** CRYPTOKI_ALREADY_INITIALIZED and USER_ALREADY_LOGGED_IN: the administrator was there first. */
const expected: ReadonlySet<number> = new Set([0x191, 0x100])

/** Brings a token into a situation and says what it answered first, and what the caller was told. */
export async function observe(
  { bring }: Situation,
  admin: TokenAdmin,
  pin: string,
  idPrefix: string,
  takeAway: Stage['takeAway'] = notHere,
): Promise<Answer> {
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
    takeAway,
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
    return { ...first, code: 'none' }
  } catch (error) {
    if (!isKeywrightError(error)) throw error
    return { ...first, code: error.code }
  } finally {
    for (const kek of keks) await kek.close()
  }
}

function notHere(): never {
  throw new Error('This token is not taken away here.')
}
