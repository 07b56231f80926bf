import {
  type Capabilities,
  type KekDriver,
  type KeyContext,
  KeywrightError,
  type ProviderDefinition,
} from '@keywright/core'
import type { MemoryService } from './memory-service.ts'
import type { MemoryRefusal } from './memory-service-error.ts'
import { MemoryServiceError } from './memory-service-error.ts'

/** Which of the shapes that key managers have the in-memory one takes. */
export interface MemoryVariant {
  /** How the context is bound; a public key binds nothing, whatever is said here. Default `native-map`. */
  readonly binding: Capabilities['contextBinding']
  /** Whether versions are told, told and asked for, or kept inside the wrapped bytes alone. Default `told`. */
  readonly versions: 'told' | 'needed' | 'untold'
  /** Whether answers name the key. Default true. */
  readonly tellsKey: boolean
  /** Default true. */
  readonly serverSideRewrap: boolean
  /** Default true. */
  readonly generatesDataKeys: boolean
  /** Wraps with RSA-OAEP. Default false. */
  readonly publicKey: boolean
}

/** Options of the in-memory provider. */
export interface MemoryOptions {
  /** 1 to 64 of a-z, 0-9 and hyphen. */
  readonly key: string
}

/** A shape that exercises most cases. */
export const usualVariant: MemoryVariant = {
  binding: 'native-map',
  versions: 'told',
  tellsKey: true,
  serverSideRewrap: true,
  generatesDataKeys: true,
  publicKey: false,
}

const codes = {
  BadRequest: 'invalid-argument',
  BadCiphertext: 'unwrap-failed',
  NotFound: 'key-not-found',
  Disabled: 'key-disabled',
  Destroyed: 'key-destroyed',
  VersionRetired: 'key-version-retired',
  Forbidden: 'access-denied',
  Unauthenticated: 'unauthenticated',
  Throttled: 'throttled',
  Unavailable: 'unavailable',
} as const satisfies Record<MemoryRefusal, string>

const keyGrammar = /^[a-z0-9-]{1,64}$/
const versionGrammar = /^[1-9][0-9]{0,8}$/

/**
 * The reference provider: right in everything that the suite asks for, over a {@link MemoryService}. For tests of code
 * that works with KEKs; it keeps nothing.
 *
 * @param service the key manager
 * @param variant the shape it takes
 */
export function memoryDefinition(
  service: MemoryService,
  variant: MemoryVariant = usualVariant,
): ProviderDefinition<MemoryOptions> {
  return {
    scheme: 'memory',
    parseUri: ({ reference }) => {
      if (keyGrammar.test(reference)) return { key: reference }
      throw new KeywrightError('configuration', 'a memory key is named by a-z, 0-9 and hyphen', {
        field: 'key',
      })
    },
    describeOptions: ({ key }) => key,
    connect: async ({ key }) => {
      await service.connect(key)
      return memoryDriver(service, key, variant)
    },
    classify: (error) => {
      if (!(error instanceof MemoryServiceError)) return { code: 'unknown' }
      return { code: codes[error.refusal], requestId: error.requestId, retryAfterMs: error.retryAfterMs }
    },
  }
}

/**
 * One KEK of the in-memory key manager, before core guards it.
 *
 * @param service the key manager
 * @param key the key's name
 * @param variant the shape it takes
 */
export function memoryDriver(service: MemoryService, key: string, variant: MemoryVariant): KekDriver {
  const capabilities = memoryCapabilities(variant)
  const [algorithm = ''] = capabilities.algorithms
  const told = variant.versions !== 'untold'
  const bound = (context: KeyContext): Uint8Array => boundBytes(capabilities.contextBinding, context)
  const names = (answer: { key: string | undefined; version: string | undefined }) => ({
    answeredKey: variant.tellsKey ? answer.key : undefined,
    keyVersion: told ? answer.version : undefined,
  })
  return {
    keyRef: key,
    capabilities,
    wrapKey: async ({ dataKey, context }) => {
      const answer = await service.encrypt({ key, plaintext: dataKey, bound: bound(context) })
      return { wrapped: answer.ciphertext, algorithm, ...names(answer) }
    },
    unwrapKey: async ({ wrapped, keyVersion, context }) => {
      const version = checkedVersion(keyVersion)
      const answer = await service.decrypt({ key, ciphertext: wrapped, version, bound: bound(context) })
      return { dataKey: answer.plaintext, ...names(answer) }
    },
    generateDataKey: !variant.generatesDataKeys
      ? undefined
      : async ({ context }) => {
          const answer = await service.generate({ key, bound: bound(context) })
          return { dataKey: answer.plaintext, wrapped: answer.ciphertext, algorithm, ...names(answer) }
        },
    rewrapKey: !variant.serverSideRewrap
      ? undefined
      : async ({ wrapped, reference, keyVersion, context }) => {
          const fromVersion = checkedVersion(keyVersion)
          const request = { key, from: reference, fromVersion, ciphertext: wrapped, bound: bound(context) }
          const answer = await service.reencrypt(request)
          return { wrapped: answer.ciphertext, algorithm, ...names(answer) }
        },
    describeKey: async () => {
      const { state, versions } = await service.describe(key)
      return {
        state,
        currentVersion: versions.at(-1)?.id,
        versions: versions.map(({ id, on }) => ({ version: id, state: on ? 'enabled' : 'disabled' })),
        protectionLevel: 'software',
      }
    },
    close: async () => {},
  }
}

function memoryCapabilities(variant: MemoryVariant): Capabilities {
  const binding = variant.publicKey ? 'envelope' : variant.binding
  const tag = variant.publicKey ? 'rsa-oaep-256' : binding.replace('native-', '')
  return {
    contextBinding: binding,
    tellsVersionOnWrap: variant.versions !== 'untold',
    tellsVersionOnUnwrap: variant.versions !== 'untold',
    needsVersionToUnwrap: variant.versions === 'needed',
    tellsKey: variant.tellsKey,
    serverSideRewrap: variant.serverSideRewrap,
    generatesDataKeys: variant.generatesDataKeys,
    maxBatchKeys: 1,
    wrapAuthenticity: variant.publicKey ? 'public-key' : 'kek-holder',
    maxConcurrentCalls: 64,
    protectionLevel: 'software',
    algorithms: [`memory.${tag}`],
  }
}

function boundBytes(binding: Capabilities['contextBinding'], context: KeyContext): Uint8Array {
  if (binding === 'envelope') return new Uint8Array(0)
  if (binding === 'native-bytes') return context.digest
  const pairs = Object.entries(context.pairs).sort(([a], [b]) => (a < b ? -1 : 1))
  return Buffer.from(JSON.stringify([context.role, pairs]))
}

/** A header's version must not reach the service before it is known to be one. */
function checkedVersion(version: string): string {
  if (version === '' || versionGrammar.test(version)) return version
  throw new KeywrightError('invalid-argument', 'a memory key version is a number', { field: 'keyVersion' })
}
