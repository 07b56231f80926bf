import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import type { Capabilities, Kek, KekDriver } from '../src/index.ts'
import { KeywrightError, provider } from '../src/index.ts'

/** What a test can see and do at a {@link memoryKek}. */
export interface MemoryKekControl {
  /** Calls that reached the key manager, by operation. */
  readonly calls: {
    wrapKey: number
    unwrapKey: number
    generateDataKey: number
    connect: number
    rewrapKey: number
  }
  /** Changes the driver before it connects; for one broken on purpose. */
  alter?: (driver: KekDriver) => KekDriver
  /** Runs before each wrap, unwrap or generate: throw, or wait. */
  before?: (operation: string) => void | Promise<void>
}

/** Options of {@link memoryKek}. */
export interface MemoryKekOptions {
  readonly name: string
  readonly scheme?: string
  readonly capabilities?: Partial<Capabilities>
  readonly control?: MemoryKekControl
  /** The key material; two KEKs of one name share it when given. */
  readonly material?: Uint8Array
}

/** A new control with all counters at zero. */
export function memoryControl(): MemoryKekControl {
  return { calls: { wrapKey: 0, unwrapKey: 0, generateDataKey: 0, connect: 0, rewrapKey: 0 } }
}

/** A KEK in this process's memory: AES-256-GCM with the context digest as AAD. For tests of core alone. */
export function memoryKek(options: MemoryKekOptions): Kek {
  const { name, scheme = 'memory', control = memoryControl() } = options
  const material = options.material ?? randomBytes(32)
  const algorithm = `${scheme}.aes-256-gcm`
  const wrap = (dataKey: Uint8Array, digest: Uint8Array): Uint8Array => {
    const nonce = randomBytes(12)
    const cipher = createCipheriv('aes-256-gcm', material, nonce)
    cipher.setAAD(digest)
    return Buffer.concat([nonce, cipher.update(dataKey), cipher.final(), cipher.getAuthTag()])
  }
  const unwrap = (wrapped: Uint8Array, digest: Uint8Array): Uint8Array => {
    if (wrapped.length < 28) throw new Error('refused')
    const decipher = createDecipheriv('aes-256-gcm', material, wrapped.subarray(0, 12))
    decipher.setAAD(digest)
    decipher.setAuthTag(wrapped.subarray(-16))
    return Buffer.concat([decipher.update(wrapped.subarray(12, -16)), decipher.final()])
  }
  const capabilities: Capabilities = {
    contextBinding: 'native-bytes',
    tellsVersionOnWrap: false,
    tellsVersionOnUnwrap: false,
    needsVersionToUnwrap: false,
    tellsKey: true,
    serverSideRewrap: false,
    generatesDataKeys: false,
    maxBatchKeys: 1,
    wrapAuthenticity: 'kek-holder',
    maxConcurrentCalls: 64,
    protectionLevel: 'software',
    algorithms: [algorithm],
    ...options.capabilities,
  }
  const driver: KekDriver = {
    keyRef: name,
    capabilities,
    wrapKey: async ({ dataKey, context }) => {
      control.calls.wrapKey++
      await control.before?.('wrapKey')
      return { wrapped: wrap(dataKey, context.digest), answeredKey: name, algorithm }
    },
    unwrapKey: async ({ wrapped, context }) => {
      control.calls.unwrapKey++
      await control.before?.('unwrapKey')
      return { dataKey: unwrap(wrapped, context.digest), answeredKey: name }
    },
    describeKey: async () => ({ state: 'enabled', versions: [], protectionLevel: 'software' }),
    close: async () => {},
    ...(capabilities.generatesDataKeys && {
      generateDataKey: async ({ context }) => {
        control.calls.generateDataKey++
        await control.before?.('generateDataKey')
        const dataKey = randomBytes(32)
        return { dataKey, wrapped: wrap(dataKey, context.digest), answeredKey: name, algorithm }
      },
    }),
    ...(capabilities.serverSideRewrap && {
      rewrapKey: async ({ wrapped, context }) => {
        control.calls.rewrapKey++
        return {
          wrapped: wrap(unwrap(wrapped, context.digest), context.digest),
          answeredKey: name,
          algorithm,
        }
      },
    }),
  }
  return provider<null>({
    scheme,
    parseUri: () => null,
    describeOptions: () => name,
    connect: async () => {
      control.calls.connect++
      await control.before?.('connect')
      return control.alter?.(driver) ?? driver
    },
    classify: (error) => ({
      code:
        error instanceof KeywrightError
          ? 'unknown'
          : error instanceof DOMException
            ? 'unavailable'
            : 'unwrap-failed',
    }),
  })(null)
}
