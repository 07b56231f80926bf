import {
  type CipherGCMTypes,
  constants,
  createCipheriv,
  createDecipheriv,
  privateDecrypt,
  publicEncrypt,
  randomBytes,
} from 'node:crypto'
import type { Flavour } from './flavour.ts'
import { type KeyMaterial, keyObjectOf } from './key-material.ts'
import type { OperationBody } from './request-body.ts'
import { badParameter, incorrectParameter } from './service-error.ts'

/** The operations that take a `value` and give one. */
export type KeyOperation = 'wrapKey' | 'unwrapKey' | 'encrypt' | 'decrypt'

/** What came out, as bytes. */
export interface OperationResult {
  readonly value: Uint8Array
  readonly iv?: Uint8Array | undefined
  readonly tag?: Uint8Array | undefined
  readonly aad?: Uint8Array | undefined
}

interface Input {
  readonly material: KeyMaterial
  readonly value: Uint8Array
  readonly iv: Uint8Array | undefined
  readonly aad: Uint8Array | undefined
  readonly tag: Uint8Array | undefined
}

type Run = (input: Input) => OperationResult

/** Does an operation with a key, or refuses as the service does. */
export function runOperation(
  flavour: Flavour,
  operation: KeyOperation,
  material: KeyMaterial,
  body: OperationBody,
): OperationResult {
  const input = {
    material,
    value: readValue(flavour, body.value),
    iv: readBytes('iv', body.iv),
    aad: readBytes('aad', body.aad),
    tag: readBytes('tag', body.tag),
  }
  return runner(operation, material, body.alg ?? '')(input)
}

function runner(operation: KeyOperation, { kty, bits }: KeyMaterial, alg: string): Run {
  const encrypts = operation === 'encrypt' || operation === 'wrapKey'
  if (kty.startsWith('RSA')) {
    if (alg === 'RSA-OAEP-256')
      return encrypts ? encryptRsa('sha256') : decryptRsa('sha256', incorrectParameter)
    const text = 'Error occurred while decoding OAEP padding.'
    if (alg === 'RSA-OAEP') return encrypts ? encryptRsa('sha1') : decryptRsa('sha1', text)
  }
  if (kty === 'oct-HSM' && alg.startsWith(`A${bits}`)) {
    const mode = alg.slice(4)
    const wraps = operation === 'wrapKey' || operation === 'unwrapKey'
    if (mode === 'KW' && wraps) return encrypts ? wrapAes(bits) : unwrapAes(bits)
    if (mode === 'GCM' && !wraps) return encrypts ? encryptGcm(bits) : decryptGcm(bits)
    if (mode === 'CBCPAD' && !wraps) return encrypts ? encryptCbc(bits) : decryptCbc(bits)
  }
  throw badParameter(incorrectParameter)
}

const encryptRsa =
  (oaepHash: string): Run =>
  ({ material, value }) =>
    refusing(incorrectParameter, () => ({ value: publicEncrypt({ ...oaep(material), oaepHash }, value) }))

const decryptRsa =
  (oaepHash: string, refusal: string): Run =>
  ({ material, value }) => {
    const { key, padding } = oaep(material)
    // RFC 8017, 7.1.2, step 1b. OpenSSL takes a ciphertext without its leading zeros.
    const modulusBits = key.asymmetricKeyDetails?.modulusLength ?? 0
    if (8 * value.length !== modulusBits) throw badParameter(refusal)
    return refusing(refusal, () => ({ value: privateDecrypt({ key, padding, oaepHash }, value) }))
  }

function oaep(material: KeyMaterial): { key: ReturnType<typeof keyObjectOf>; padding: number } {
  return { key: keyObjectOf(material), padding: constants.RSA_PKCS1_OAEP_PADDING }
}

/** RFC 3394. */
const initialValue = Buffer.alloc(8, 0xa6)

const wrapAes =
  (bits: number): Run =>
  ({ material, value }) =>
    refusing(incorrectParameter, () => {
      const cipher = createCipheriv(`id-aes${bits}-wrap`, keyObjectOf(material), initialValue)
      return { value: Buffer.concat([cipher.update(value), cipher.final()]) }
    })

const unwrapAes =
  (bits: number): Run =>
  ({ material, value }) =>
    refusing(incorrectParameter, () => {
      const decipher = createDecipheriv(`id-aes${bits}-wrap`, keyObjectOf(material), initialValue)
      return { value: Buffer.concat([decipher.update(value), decipher.final()]) }
    })

const gcm = { authTagLength: 16 } as const

function gcmName(bits: number): CipherGCMTypes {
  return bits === 128 ? 'aes-128-gcm' : bits === 192 ? 'aes-192-gcm' : 'aes-256-gcm'
}

const encryptGcm =
  (bits: number): Run =>
  ({ material, value, aad, iv: given }) => {
    // The service draws the nonce; one that a client brings could be there twice.
    if (given !== undefined) throw badParameter(incorrectParameter)
    const iv = randomBytes(12)
    const cipher = createCipheriv(gcmName(bits), keyObjectOf(material), iv, gcm)
    if (aad !== undefined) cipher.setAAD(aad)
    const sealed = Buffer.concat([cipher.update(value), cipher.final()])
    return { value: sealed, iv, tag: cipher.getAuthTag(), aad }
  }

const decryptGcm =
  (bits: number): Run =>
  ({ material, value, iv, aad, tag }) =>
    refusing(incorrectParameter, () => {
      const decipher = createDecipheriv(gcmName(bits), keyObjectOf(material), iv ?? Buffer.alloc(0), gcm)
      if (aad !== undefined) decipher.setAAD(aad)
      decipher.setAuthTag(tag ?? Buffer.alloc(0))
      return { value: Buffer.concat([decipher.update(value), decipher.final()]) }
    })

const encryptCbc =
  (bits: number): Run =>
  ({ material, value, iv }) =>
    refusing(incorrectParameter, () => {
      const cipher = createCipheriv(`aes-${bits}-cbc`, keyObjectOf(material), iv ?? Buffer.alloc(0))
      return { value: Buffer.concat([cipher.update(value), cipher.final()]), iv }
    })

const decryptCbc =
  (bits: number): Run =>
  ({ material, value, iv }) =>
    refusing(incorrectParameter, () => {
      const decipher = createDecipheriv(`aes-${bits}-cbc`, keyObjectOf(material), iv ?? Buffer.alloc(0))
      return { value: Buffer.concat([decipher.update(value), decipher.final()]) }
    })

/** One refusal for everything that the cryptography dislikes in the caller's bytes. */
function refusing<T>(message: string, run: () => T): T {
  try {
    return run()
  } catch {
    throw badParameter(message)
  }
}

const base64url = /^[A-Za-z0-9_-]*$/

function readValue(flavour: Flavour, text: string | undefined): Uint8Array {
  const required = "Property 'value' is required.\r\n"
  if (text === undefined || text === '') throw badParameter(required)
  const digits = text.replace(/={1,2}$/, '')
  const isDigits = base64url.test(digits) && digits.length % 4 !== 1
  if (!isDigits || (flavour === 'key-vault' && digits !== text)) {
    throw badParameter(`Content of 'value' is not base64url.\r\n${required}`)
  }
  // A managed HSM takes padding, and counts it as bytes of zero.
  return Buffer.concat([Buffer.from(digits, 'base64url'), Buffer.alloc(text.length - digits.length)])
}

function readBytes(name: string, text: string | undefined): Uint8Array | undefined {
  if (text === undefined) return undefined
  if (!base64url.test(text)) throw badParameter(`Content of '${name}' is not base64url.\r\n`)
  return Buffer.from(text, 'base64url')
}
