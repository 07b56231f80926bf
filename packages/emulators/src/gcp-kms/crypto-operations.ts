import { randomBytes } from 'node:crypto'
import { decryptUnder, encryptUnder, parseCiphertext } from './ciphertext.ts'
import { crc32c } from './crc32c.ts'
import { GrpcError } from './grpc-error.ts'
import type { KeyStore } from './key-store.ts'
import { checkedName, isNameOf } from './resource-names.ts'
import { type StoredKey, type StoredVersion, versionName } from './stored-key.ts'

/** A checksum as the wire has it: 64 bits, in decimal. */
export interface Checksum {
  readonly value: string
}

/** What Encrypt is asked. */
export interface EncryptRequest {
  readonly name: string
  readonly plaintext: Uint8Array
  readonly additionalAuthenticatedData: Uint8Array
  readonly plaintextCrc32c: Checksum | null
  readonly additionalAuthenticatedDataCrc32c: Checksum | null
}

/** What Encrypt answers. */
export interface EncryptResponse {
  readonly name: string
  readonly ciphertext: Uint8Array
  readonly ciphertextCrc32c: Checksum
  readonly verifiedPlaintextCrc32c: boolean
  readonly verifiedAdditionalAuthenticatedDataCrc32c: boolean
  readonly protectionLevel: string
}

/** What Decrypt is asked. */
export interface DecryptRequest {
  readonly name: string
  readonly ciphertext: Uint8Array
  readonly additionalAuthenticatedData: Uint8Array
  readonly ciphertextCrc32c: Checksum | null
  readonly additionalAuthenticatedDataCrc32c: Checksum | null
}

/** What Decrypt answers. */
export interface DecryptResponse {
  readonly plaintext: Uint8Array
  readonly plaintextCrc32c: Checksum
  readonly usedPrimary: boolean
  readonly protectionLevel: string
}

const maxBytes = 65_536
/** An HSM takes this much plaintext and associated data together. */
const maxHsmBytes = 8_192

/** Encrypt, under the key's primary version or under the version named. */
export function encrypt(store: KeyStore, request: EncryptRequest): EncryptResponse {
  const [key, version] = encryptingVersion(store, request.name)
  const { plaintext, additionalAuthenticatedData } = request
  checkLength('plaintext', plaintext)
  checkLength('additional_authenticated_data', additionalAuthenticatedData)
  checkHsmLength(key, plaintext.length + additionalAuthenticatedData.length)
  const verifiedPlaintextCrc32c = matches('plaintext', plaintext, request.plaintextCrc32c)
  const verifiedAdditionalAuthenticatedDataCrc32c = matchesAssociatedData(request)
  checkEnabled(key, version)
  const ciphertext = encryptUnder(key, version, plaintext, additionalAuthenticatedData)
  return {
    name: versionName(key, version),
    ciphertext,
    ciphertextCrc32c: checksumOf(ciphertext),
    verifiedPlaintextCrc32c,
    verifiedAdditionalAuthenticatedDataCrc32c,
    protectionLevel: key.protectionLevel,
  }
}

/** Decrypt, under whichever version of the key made the ciphertext. */
export function decrypt(store: KeyStore, request: DecryptRequest): DecryptResponse {
  const key = store.key(checkedName('cryptoKey', request.name))
  const { ciphertext, additionalAuthenticatedData } = request
  checkLength('additional_authenticated_data', additionalAuthenticatedData)
  matches('ciphertext', ciphertext, request.ciphertextCrc32c)
  matchesAssociatedData(request)
  if (ciphertext.length === 0) throw wrongKey()
  const parsed = parseCiphertext(key, ciphertext)
  checkEnabled(key, parsed.version)
  const plaintext = decryptUnder(parsed, additionalAuthenticatedData)
  return {
    plaintext,
    plaintextCrc32c: checksumOf(plaintext),
    usedPrimary: parsed.version.number === key.primary,
    protectionLevel: key.protectionLevel,
  }
}

/** GenerateRandomBytes: from an HSM only, 8 to 1,024 bytes. */
export function generateRandomBytes(
  _store: KeyStore,
  request: { readonly location: string; readonly lengthBytes: number; readonly protectionLevel: string },
): object {
  checkedName('location', request.location)
  if (request.protectionLevel !== 'HSM') {
    throw new GrpcError('INVALID_ARGUMENT', 'The protection_level must be HSM.')
  }
  const { lengthBytes } = request
  if (lengthBytes < 8 || lengthBytes > 1024) {
    throw new GrpcError('INVALID_ARGUMENT', 'The length_bytes must be between 8 and 1024.')
  }
  const data = randomBytes(lengthBytes)
  return { data, dataCrc32c: checksumOf(data) }
}

export function checksumOf(bytes: Uint8Array): Checksum {
  return { value: String(crc32c(bytes)) }
}

function encryptingVersion(store: KeyStore, name: string): readonly [StoredKey, StoredVersion] {
  if (isNameOf('cryptoKeyVersion', name)) return store.version(name)
  const key = store.key(checkedName('cryptoKey', name))
  const primary = key.versions.find(({ number }) => number === key.primary)
  if (primary === undefined) {
    throw new GrpcError('FAILED_PRECONDITION', `${name} has no primary version.`)
  }
  return [key, primary]
}

function checkEnabled(key: StoredKey, version: StoredVersion): void {
  if (version.state === 'ENABLED') return
  const subject = versionName(key, version)
  const message = `${subject} is not enabled, current state is: ${version.state}.`
  const violations = [{ subject, type: `KEY_${version.state}` }]
  // Details were seen for these two states; of a destroyed version only the message is known.
  const told = version.state === 'DISABLED' || version.state === 'DESTROY_SCHEDULED'
  const details = [['google.rpc.PreconditionFailure', { violations }]] as const
  throw new GrpcError('FAILED_PRECONDITION', message, told ? details : [])
}

function checkLength(field: string, bytes: Uint8Array): void {
  if (bytes.length <= maxBytes) return
  const message = `The length of field ${field} is ${bytes.length}, which exceeds the limit of ${maxBytes} bytes.`
  throw new GrpcError('INVALID_ARGUMENT', message)
}

function checkHsmLength(key: StoredKey, bytes: number): void {
  if (key.protectionLevel !== 'HSM' || bytes <= maxHsmBytes) return
  const message = `plaintext and additional_authenticated_data together exceed ${maxHsmBytes} bytes.`
  throw new GrpcError('INVALID_ARGUMENT', message)
}

/** Whether a checksum was sent; one that does not match is refused. */
function matches(field: string, bytes: Uint8Array, checksum: Checksum | null): boolean {
  if (checksum === null) return false
  if (checksum.value === String(crc32c(bytes))) return true
  const message = `The checksum in field ${field}_crc32c did not match the data in field ${field}.`
  throw new GrpcError('INVALID_ARGUMENT', message)
}

function matchesAssociatedData(request: EncryptRequest | DecryptRequest): boolean {
  const { additionalAuthenticatedData, additionalAuthenticatedDataCrc32c } = request
  const field = 'additional_authenticated_data'
  return matches(field, additionalAuthenticatedData, additionalAuthenticatedDataCrc32c)
}

function wrongKey(): GrpcError {
  const message = "Decryption failed: verify that 'name' refers to the correct CryptoKey."
  return new GrpcError('INVALID_ARGUMENT', message)
}
