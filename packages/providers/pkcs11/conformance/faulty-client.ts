import type { Fault } from '@keywright/conformance'
import type { Cryptoki } from '../src/index.ts'
import { pkcs11js } from './token-admin.ts'

/** Return values by the faults that they stand for. */
const answers: readonly (readonly [Fault, number])[] = [
  ['throttled', pkcs11js.CKR_SESSION_COUNT],
  ['unavailable', pkcs11js.CKR_DEVICE_ERROR],
  ['unauthenticated', pkcs11js.CKR_PIN_EXPIRED],
]
const lengths: readonly (readonly [Fault, string, number])[] = [
  ['no-data-key', 'C_DecryptAsync', 0],
  ['short-data-key', 'C_DecryptAsync', 31],
  ['long-data-key', 'C_DecryptAsync', 33],
  ['empty-wrapped', 'C_EncryptAsync', 0],
  ['huge-wrapped', 'C_EncryptAsync', 9_000],
]

/** A client that counts its calls and can be told to do wrong. */
export interface FaultyClient {
  readonly client: Cryptoki
  readonly calls: () => number
  readonly faults: Partial<Readonly<Record<Fault, () => void>>>
  /** Does right again. */
  readonly heal: () => void
}

/**
 * @param cryptoki does the work
 * @param secret what a careless client would show
 */
export function faultyClient(cryptoki: Cryptoki, secret: string): FaultyClient {
  const told = new Set<Fault>()
  let calls = 0
  const around = (name: string, work: (...args: unknown[]) => unknown, args: unknown[]): unknown => {
    calls++
    // Sessions are closed in peace: what is wrong shall show in the call itself.
    if (name === 'C_CloseSession') return work(...args)
    if (told.has('hang')) return new Promise(() => {})
    for (const [fault, rv] of answers) if (told.has(fault)) throw refusal(rv)
    if (told.delete('connect-fails-once')) throw refusal(pkcs11js.CKR_DEVICE_ERROR)
    if (told.has('nonsense')) throw 'teapot'
    if (told.has('leaky-error')) {
      throw Object.assign(new Error(`${secret} ${inspected(args)}`), { code: 5, request: args })
    }
    for (const [fault, method, length] of lengths) {
      if (name === method && told.has(fault)) return answered(work(...args), length)
    }
    return work(...args)
  }
  const client = new Proxy(cryptoki, {
    get: (target, name) => {
      const method: unknown = Reflect.get(target, name)
      if (typeof method !== 'function') return method
      return (...args: unknown[]) =>
        around(String(name), (...own) => Reflect.apply(method, target, own), args)
    },
  })
  const kinds: readonly Fault[] = [
    ...answers.map(([fault]) => fault),
    ...lengths.map(([fault]) => fault),
    ...(['nonsense', 'leaky-error', 'hang', 'connect-fails-once'] as const),
  ]
  return {
    client,
    calls: () => calls,
    faults: Object.fromEntries(kinds.map((fault) => [fault, () => void told.add(fault)])),
    heal: () => told.clear(),
  }
}

async function answered(work: unknown, length: number): Promise<Uint8Array> {
  const real = (await work) as Uint8Array
  const other = new Uint8Array(length)
  other.set(real.subarray(0, length))
  return other
}

function refusal(rv: number): Error {
  return new pkcs11js.Pkcs11Error('', rv)
}

function inspected(args: readonly unknown[]): string {
  return args.map((arg) => (arg instanceof Uint8Array ? Buffer.from(arg).toString('hex') : '')).join(' ')
}
