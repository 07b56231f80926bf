import { setImmediate as turn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import { aesGcm } from '../src/aes-gcm.ts'
import { aesKwp } from '../src/aes-kwp.ts'
import type { Cryptoki } from '../src/index.ts'
import { rsaOaep } from '../src/rsa-oaep.ts'
import type { Token } from '../src/token.ts'
import type { Wrapping } from '../src/wrapping.ts'
import { dataKey } from './key-context.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

const handleBytes = 8

/** Every buffer in arguments, by the way that leads to it; not handles, which are read before a call begins. */
function buffersOf(held: unknown, path: string): [string, Uint8Array][] {
  if (held instanceof Uint8Array) return held.length > handleBytes ? [[path, held]] : []
  if (typeof held !== 'object' || held === null) return []
  return Object.entries(held).flatMap(([name, each]) => buffersOf(each, `${path}.${name}`))
}

/** A client that works without end on the thread pool, and holds nothing that it was given, as the addon does. */
function forgetfulToken(): {
  readonly token: Token
  readonly hang: () => void
  readonly given: Map<string, WeakRef<Uint8Array>>
  readonly working: Promise<void>
  readonly finish: () => void
} {
  const given = new Map<string, WeakRef<Uint8Array>>()
  const working = Promise.withResolvers<void>()
  const finished = Promise.withResolvers<void>()
  let hangs = false
  const note = (name: string, args: readonly unknown[]): void => {
    for (const [path, buffer] of buffersOf(args, name)) given.set(path, new WeakRef(buffer))
  }
  const answerOf = (name: string, args: readonly unknown[]): (() => unknown) => {
    const { length = 0 } = args.at(-1) as Uint8Array
    if (name === 'C_UnwrapKeyAsync') return () => new Uint8Array(handleBytes)
    const made = { C_EncryptAsync: 48, C_DecryptAsync: 32, C_WrapKeyAsync: 40 }[name] ?? length
    return () => new Uint8Array(made)
  }
  const cryptoki = new Proxy({} as Cryptoki, {
    get:
      (_, name: string) =>
      (...args: unknown[]) => {
        if (!hangs) return Promise.resolve(answerOf(name, args)())
        note(name, args)
        const answer = answerOf(name, args)
        working.resolve()
        return finished.promise.then(answer)
      },
  })
  const quick = async (name: string, ...args: unknown[]): Promise<unknown> => {
    if (hangs && name.endsWith('Init')) note(name, args)
    return name === 'C_GetAttributeValue' ? [{ value: new Uint8Array(32) }] : new Uint8Array(handleBytes)
  }
  const token = { module: { cryptoki, quick, slow: quick } } as unknown as Token
  const hang = (): void => {
    hangs = true
  }
  return { token, hang, given, working: working.promise, finish: finished.resolve }
}

const kinds: Readonly<Record<string, (token: Token) => Wrapping>> = {
  'AES-GCM': aesGcm,
  'AES-KWP': (token) => aesKwp(token, 0x210b),
  'RSA-OAEP': rsaOaep,
}
/** Long enough for the compiler, whose code keeps no variable that is not used again. */
const rounds = 30_000
const lease = (): Parameters<Wrapping['wrap']>[0] => ({ session: new Uint8Array(handleBytes), epoch: 0 })
const key = (): Parameters<Wrapping['wrap']>[1] => ({
  handle: new Uint8Array(handleBytes),
  version: '',
  epoch: 0,
})

describe.each([
  ['AES-GCM', 'wrap', ['C_EncryptInit.1.parameter.iv', 'C_EncryptInit.1.parameter.aad']],
  ['AES-GCM', 'unwrap', ['C_DecryptInit.1.parameter.iv', 'C_DecryptInit.1.parameter.aad']],
  ['AES-KWP', 'wrap', ['C_WrapKeyAsync.4']],
  ['AES-KWP', 'unwrap', ['C_UnwrapKeyAsync.3']],
  ['AES-KWP', 'rewrap', ['C_UnwrapKeyAsync.3']],
  ['RSA-OAEP', 'unwrap', ['C_DecryptAsync.1', 'C_DecryptAsync.2']],
] as const)('%s %s', (kind, operation, expected) => {
  test('no buffer that the token works on is collected before it answers', async () => {
    const { token, hang, given, working, finish } = forgetfulToken()
    const wrapping = kinds[kind]?.(token)
    const work = (): Promise<unknown> | undefined => {
      const wrapped = new Uint8Array(kind === 'RSA-OAEP' ? 256 : (wrapping?.wrappedBytes ?? 0))
      if (operation === 'wrap') return wrapping?.wrap(lease(), key(), dataKey.slice(), dataKey.slice())
      if (operation === 'unwrap') return wrapping?.unwrap(lease(), key(), wrapped, dataKey.slice())
      return wrapping?.rewrap?.(lease(), key(), wrapped, key())
    }
    for (let round = 0; round < rounds; round++) await work()
    hang()
    const pending = work()
    await working
    for (let round = 0; round < 5; round++) {
      await turn()
      collect()
    }
    const collected = [...given].filter(([, ref]) => ref.deref() === undefined).map(([path]) => path)
    finish()
    await pending
    expect([...given.keys()]).toEqual(expect.arrayContaining([...expected]))
    expect(collected).toEqual([])
  })
})
