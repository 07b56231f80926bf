import type { CryptographyOptions } from '@azure/keyvault-keys'
import { type Capabilities, KeywrightError } from '@keywright/core/provider'
import type { AzureCryptographyClient } from './azure-clients.ts'

/** The service's names of the algorithms used; RSA-OAEP and RSA1_5 are not, for SHA-1 and for being done locally. */
export type AzureAlgorithm = 'RSA-OAEP-256' | 'A256KW' | 'A256GCM'

/** One way to wrap. */
export interface WrapMethod {
  /** Tag of the specification's registry. */
  readonly tag: string
  readonly contextBinding: Capabilities['contextBinding']
  readonly wrapAuthenticity: Capabilities['wrapAuthenticity']
  readonly wrap: Run
  readonly unwrap: Run
}

/** Wraps or unwraps bytes; `digest` is what a native binding binds. */
type Run = (
  client: AzureCryptographyClient,
  bytes: Uint8Array,
  digest: Uint8Array,
  options: CryptographyOptions,
) => Promise<Uint8Array>

const ivBytes = 12
const tagBytes = 16
const framedBytes = ivBytes + 32 + tagBytes
/** The modulus is as long as what it wraps: RSA keys of both services have 2,048, 3,072 or 4,096 bits. */
const rsaBytes = [256, 384, 512]
/** RFC 3394 adds 8 bytes to the data key. */
const keyWrapBytes = [32 + 8]
const wrappedField = { field: 'wrapped' } as const

/** Refuses, without a call, what no wrap can have made. */
function checkLength({ length }: Uint8Array, possible: readonly number[]): void {
  if (possible.includes(length)) return
  const message = `a wrapped key has ${possible.join(' or ')} bytes`
  throw new KeywrightError('unwrap-failed', message, wrappedField)
}

function resized(): KeywrightError {
  return new KeywrightError('invalid-response', 'a part of the answer has another size', wrappedField)
}

function keyWrap(
  algorithm: 'RSA-OAEP-256' | 'A256KW',
  tag: string,
  wrapAuthenticity: Capabilities['wrapAuthenticity'],
  wrappedBytes: readonly number[],
): WrapMethod {
  return {
    tag,
    // wrapKey takes no associated data with any algorithm: the envelope alone binds the context.
    contextBinding: 'envelope',
    wrapAuthenticity,
    wrap: async (client, bytes, _, options) => {
      const { result } = await client.wrapKey(algorithm, bytes, options)
      // It would never be unwrapped again.
      if (!wrappedBytes.includes(result?.length)) throw resized()
      return result
    },
    unwrap: async (client, bytes, _, options) => {
      checkLength(bytes, wrappedBytes)
      return (await client.unwrapKey(algorithm, bytes, options)).result
    },
  }
}

const a256gcm: WrapMethod = {
  tag: 'azure.a256gcm',
  contextBinding: 'native-bytes',
  wrapAuthenticity: 'kek-holder',
  wrap: async (client, plaintext, digest, options) => {
    const parameters = { algorithm: 'A256GCM', plaintext, additionalAuthenticatedData: digest } as const
    const { iv, result, authenticationTag: tag } = await client.encrypt(parameters, options)
    // The frame has no lengths of its own: it can be read back only while each part has its size.
    if (iv?.length !== ivBytes || tag?.length !== tagBytes || result?.length !== plaintext.length) {
      throw resized()
    }
    const frame = new Uint8Array(framedBytes)
    frame.set(iv)
    frame.set(result, ivBytes)
    frame.set(tag, framedBytes - tagBytes)
    return frame
  },
  unwrap: async (client, bytes, digest, options) => {
    checkLength(bytes, [framedBytes])
    const parameters = {
      algorithm: 'A256GCM',
      iv: bytes.subarray(0, ivBytes),
      ciphertext: bytes.subarray(ivBytes, -tagBytes),
      authenticationTag: bytes.subarray(-tagBytes),
      additionalAuthenticatedData: digest,
    } as const
    return (await client.decrypt(parameters, options)).result
  },
}

/** The ways to wrap, by the service's name of the algorithm. */
export const wrapMethods: Readonly<Record<AzureAlgorithm, WrapMethod>> = {
  'RSA-OAEP-256': keyWrap('RSA-OAEP-256', 'azure.rsa-oaep-256', 'public-key', rsaBytes),
  A256KW: keyWrap('A256KW', 'azure.a256kw', 'kek-holder', keyWrapBytes),
  A256GCM: a256gcm,
}

/** What a key of each type wraps with unless told otherwise. Elliptic curve keys wrap nothing. */
export const defaultAlgorithms: ReadonlyMap<string, AzureAlgorithm> = new Map([
  ['RSA', 'RSA-OAEP-256'],
  ['RSA-HSM', 'RSA-OAEP-256'],
  ['oct-HSM', 'A256GCM'],
])
