import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import { VaultRefusal } from './vault-answers.ts'

/** A key as it is kept: plain data. */
export interface TransitKeyState {
  readonly type: KeyType
  readonly derived: boolean
  readonly convergent: boolean
  /** Key material by version, base64; trimmed versions are gone. */
  readonly material: Record<string, { readonly key: string; readonly createdAt: number }>
  latestVersion: number
  minDecryptionVersion: number
  minEncryptionVersion: number
  minAvailableVersion: number
  deletionAllowed: boolean
  exportable: boolean
  allowPlaintextBackup: boolean
  autoRotatePeriod: number
  softDeleted: boolean
}

/** The AEAD types; a type of the last row has a description and refuses to encrypt. */
const keyTypes = {
  'aes128-gcm96': { cipher: 'aes-128-gcm', bytes: 16 },
  'aes256-gcm96': { cipher: 'aes-256-gcm', bytes: 32 },
  'chacha20-poly1305': { cipher: 'chacha20-poly1305', bytes: 32 },
  hmac: { cipher: undefined, bytes: 32 },
} as const

/** A type of key that this stand-in makes. */
export type KeyType = keyof typeof keyTypes

/** Whether Vault's word for a type is one of those made here. */
export function isKeyType(type: string): type is KeyType {
  return Object.hasOwn(keyTypes, type)
}

/** What one call binds. */
export interface Binding {
  readonly context: Uint8Array
  readonly associatedData: Uint8Array
}

const nonceBytes = 12
const tagBytes = 16

/** A new key, with its first version. */
export function newKey(type: KeyType, derived: boolean, convergent: boolean, now: Date): TransitKeyState {
  const key: TransitKeyState = {
    type,
    derived,
    convergent,
    material: {},
    latestVersion: 0,
    minDecryptionVersion: 1,
    minEncryptionVersion: 0,
    minAvailableVersion: 0,
    deletionAllowed: false,
    exportable: false,
    allowPlaintextBackup: false,
    autoRotatePeriod: 0,
    softDeleted: false,
  }
  rotate(key, now)
  return key
}

/** Adds a version, which wraps from now on. */
export function rotate(key: TransitKeyState, now: Date): void {
  key.latestVersion += 1
  const material = randomBytes(keyTypes[key.type].bytes).toString('base64')
  key.material[key.latestVersion] = { key: material, createdAt: Math.floor(now.getTime() / 1000) }
}

/**
 * Encrypts under a version.
 *
 * @param version 0: the latest
 */
export function encrypt(
  key: TransitKeyState,
  plaintext: Uint8Array,
  version: number,
  binding: Binding,
): string {
  const { cipher: name } = keyTypes[key.type]
  if (name === undefined)
    throw new VaultRefusal(400, `message encryption not supported for key type ${key.type}`)
  if (version < 0) throw new VaultRefusal(400, 'requested version for encryption is negative')
  if (version > key.latestVersion) {
    throw new VaultRefusal(400, 'requested version for encryption is higher than the latest key version')
  }
  if (version !== 0 && version < key.minEncryptionVersion) {
    throw new VaultRefusal(
      400,
      'requested version for encryption is less than the minimum encryption key version',
    )
  }
  const used = version === 0 ? key.latestVersion : version
  const nonce = randomBytes(nonceBytes)
  const cipher = createCipheriv(name as 'aes-256-gcm', keyOf(key, used, binding.context), nonce, {
    authTagLength: tagBytes,
  })
  cipher.setAAD(binding.associatedData, { plaintextLength: plaintext.length })
  const sealed = Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()])
  return `vault:v${used}:${sealed.toString('base64')}`
}

/** Decrypts; each refusal in the engine's own words, in its order. */
export function decrypt(key: TransitKeyState, ciphertext: string, binding: Binding): Buffer {
  const { cipher: name } = keyTypes[key.type]
  if (name === undefined)
    throw new VaultRefusal(400, `message decryption not supported for key type ${key.type}`)
  if (!ciphertext.startsWith('vault:v')) throw new VaultRefusal(400, 'invalid ciphertext: no prefix')
  const rest = ciphertext.slice('vault:v'.length)
  const colon = rest.indexOf(':')
  if (colon === -1) throw new VaultRefusal(400, 'invalid ciphertext: wrong number of fields')
  const digits = rest.slice(0, colon)
  if (!/^[+-]?\d+$/.test(digits)) {
    throw new VaultRefusal(400, 'invalid ciphertext: version number could not be decoded')
  }
  const version = Number(digits) === 0 ? 1 : Number(digits)
  if (version > key.latestVersion) throw new VaultRefusal(400, 'invalid ciphertext: version is too new')
  if (version < key.minDecryptionVersion) {
    throw new VaultRefusal(400, 'ciphertext or signature version is disallowed by policy (too old)')
  }
  const sealed = decodeBase64(rest.slice(colon + 1))
  if (typeof sealed === 'number') throw new VaultRefusal(400, 'invalid ciphertext: could not decode base64')
  const secret = keyOf(key, version, binding.context)
  if (sealed.length < nonceBytes) throw new VaultRefusal(400, 'invalid ciphertext length')
  const body = sealed.subarray(nonceBytes)
  try {
    const options = { authTagLength: tagBytes }
    const decipher = createDecipheriv(name as 'aes-256-gcm', secret, sealed.subarray(0, nonceBytes), options)
    const plaintextLength = Math.max(body.length - tagBytes, 0)
    decipher.setAAD(binding.associatedData, { plaintextLength }).setAuthTag(body.subarray(plaintextLength))
    return Buffer.concat([decipher.update(body.subarray(0, plaintextLength)), decipher.final()])
  } catch {
    const cipher = key.type === 'chacha20-poly1305' ? 'chacha20poly1305' : 'cipher'
    throw new VaultRefusal(400, `${cipher}: message authentication failed`)
  }
}

function keyOf(key: TransitKeyState, version: number, context: Uint8Array): Buffer {
  const found = key.material[version]
  if (key.derived && context.length === 0) {
    throw new VaultRefusal(
      400,
      "missing 'context' for key derivation; the key was created using a derived key, which means additional, per-request information must be included in order to perform operations with the key",
    )
  }
  if (found === undefined) throw new VaultRefusal(400, 'no such key version')
  const secret = Buffer.from(found.key, 'base64')
  // HKDF-SHA-256 (RFC 5869) without salt, the context as info.
  return key.derived ? Buffer.from(hkdfSync('sha256', secret, '', context, keyTypes[key.type].bytes)) : secret
}

/** Decodes as Go's standard encoding does; the position of the first wrong byte where it is none. */
export function decodeBase64(text: string): Buffer | number {
  const wrong = text.search(/[^A-Za-z0-9+/=]/)
  if (wrong !== -1) return wrong
  const padding = /=*$/.exec(text)?.[0].length ?? 0
  const inner = text.indexOf('=')
  if (padding > 2 || (inner !== -1 && inner < text.length - padding)) return inner
  if (text.length % 4 === 0) return Buffer.from(text, 'base64')
  return padding === 0 ? text.length - (text.length % 4) : text.length
}
