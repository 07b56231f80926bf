import type { Cryptoki } from './cryptoki.ts'

/** Calls that block the thread that makes them. */
export type BlockingCall = Exclude<keyof Cryptoki, `${string}Async`>

/** What a call answered other than success. Holds names and numbers only: it may be shown. */
export class CryptokiFailure extends Error {
  override readonly name = 'CryptokiFailure'
  readonly call: keyof Cryptoki
  /** A CKR number; -1 for what is none. */
  readonly rv: number
  /** Whether the token answered a question right after a refused decryption: then the refusal was its answer. */
  readonly tokenAnswers: boolean

  constructor(call: keyof Cryptoki, rv: number, tokenAnswers = false) {
    super(`${call} answered ${rv}`)
    this.call = call
    this.rv = rv
    this.tokenAnswers = tokenAnswers
  }
}

/** Makes blocking calls, each with a name of {@link Cryptoki} and its arguments. */
export type Caller = <K extends BlockingCall>(
  name: K,
  ...args: Parameters<Cryptoki[K]>
) => Promise<ReturnType<Cryptoki[K]>>

/** The same where each takes so little that it may be made at once. */
export type QuickCaller = <K extends BlockingCall>(
  name: K,
  ...args: Parameters<Cryptoki[K]>
) => ReturnType<Cryptoki[K]> | Promise<ReturnType<Cryptoki[K]>>

/** Reduces whatever a client threw to its number; the rest may hold anything. */
export function failureOf(call: keyof Cryptoki, error: unknown): CryptokiFailure {
  if (error instanceof CryptokiFailure) return error
  const pkcs11 = error instanceof Error && error.name === 'Pkcs11Error'
  const rv = pkcs11 && 'code' in error && typeof error.code === 'number' ? error.code : -1
  return new CryptokiFailure(call, rv)
}

/** Makes one blocking call here and now. */
export function callHere<K extends BlockingCall>(
  cryptoki: Cryptoki,
  name: K,
  args: Parameters<Cryptoki[K]>,
): ReturnType<Cryptoki[K]> {
  try {
    return Reflect.apply(cryptoki[name], cryptoki, args) as ReturnType<Cryptoki[K]>
  } catch (error) {
    throw failureOf(name, error)
  }
}

/** Buffers that the thread pool works on: the addon holds no reference, and a compiler drops what is not used again. */
const atWork = new Set<readonly Uint8Array[]>()

/**
 * Awaits a call that runs on the thread pool.
 *
 * @param buffers of the call, and of the mechanism that began its operation; not to be changed before it ends
 */
export async function settled<T>(
  call: keyof Cryptoki,
  buffers: readonly Uint8Array[],
  work: () => Promise<T>,
): Promise<T> {
  atWork.add(buffers)
  try {
    return await work()
  } catch (error) {
    throw failureOf(call, error)
  } finally {
    atWork.delete(buffers)
  }
}
