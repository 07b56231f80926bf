import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto'

/** What a ciphertext of the service says of itself, before it is decrypted. */
export interface CiphertextBlob {
  /** The key material that encrypted, 32 bytes in lower-case hexadecimal. */
  readonly materialId: string
  /** 16 bytes: each message has a key of its own. */
  readonly salt: Uint8Array
  /** 12 bytes. */
  readonly nonce: Uint8Array
  /** Ciphertext and tag. */
  readonly sealed: Uint8Array
}

/** The first bytes of every symmetric ciphertext that was recorded lately. */
const prefix = Buffer.from('0102020078', 'hex')
const idEnd = prefix.length + 32
const saltEnd = idEnd + 1 + 16
const tagBytes = 16
/** What real ciphertexts are longer than plaintext and tag; nobody told what it is, here it is zero. */
const innerBytes = 11

const oid = {
  encryptedData: Buffer.from('06092a864886f70d010706', 'hex'),
  data: Buffer.from('06092a864886f70d010701', 'hex'),
  aes256Gcm: Buffer.from('060960864801650304012e', 'hex'),
}
const gcm = { authTagLength: tagBytes } as const

/** Encrypts as the service does: real AES-256-GCM, the encryption context authenticated, in a blob of the same layout. */
export function encryptBlob(
  material: { readonly id: string; readonly bytes: Uint8Array },
  plaintext: Uint8Array,
  context: Readonly<Record<string, string>>,
): Uint8Array {
  const salt = randomBytes(16)
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', messageKey(material.bytes, salt), nonce, gcm)
  cipher.setAAD(authenticated(material.id, salt, context))
  const inner = Buffer.concat([Buffer.alloc(innerBytes), plaintext])
  const sealed = Buffer.concat([cipher.update(inner), cipher.final(), cipher.getAuthTag()])
  return encodeBlob({ materialId: material.id, salt, nonce, sealed })
}

/**
 * Decrypts a blob.
 *
 * @returns undefined when it does not authenticate
 */
export function decryptBlob(
  material: Uint8Array,
  blob: CiphertextBlob,
  context: Readonly<Record<string, string>>,
): Uint8Array | undefined {
  const { materialId, salt, nonce, sealed } = blob
  const decipher = createDecipheriv('aes-256-gcm', messageKey(material, salt), nonce, gcm)
  decipher.setAAD(authenticated(materialId, salt, context)).setAuthTag(sealed.subarray(-tagBytes))
  try {
    return Buffer.concat([decipher.update(sealed.subarray(0, -tagBytes)), decipher.final()]).subarray(
      innerBytes,
    )
  } catch {
    return undefined
  }
}

/** Reads a blob; undefined for bytes that no encryption here ever made. */
export function decodeBlob(bytes: Uint8Array): CiphertextBlob | undefined {
  const blob = Buffer.from(bytes)
  const nonceAt = blob.indexOf('3011040c', saltEnd, 'hex') + 4
  const sealedAt = blob.indexOf('02011080', nonceAt + 12, 'hex') + 4
  if (nonceAt < 4 || sealedAt < 4 || blob.length < sealedAt + 1) return undefined
  const longForm = (blob[sealedAt] ?? 0) & 0x80 ? (blob[sealedAt] ?? 0) & 0x7f : 0
  const parsed = {
    materialId: blob.toString('hex', prefix.length, idEnd),
    salt: blob.subarray(idEnd + 1, saltEnd),
    nonce: blob.subarray(nonceAt, nonceAt + 12),
    sealed: blob.subarray(sealedAt + 1 + longForm),
  }
  // One spelling only: whatever differs from it was altered.
  const known = parsed.sealed.length >= innerBytes + tagBytes && encodeBlob(parsed).equals(blob)
  return known ? parsed : undefined
}

function encodeBlob({ materialId, salt, nonce, sealed }: CiphertextBlob): Buffer {
  const parameters = der(0x30, der(0x04, nonce), Buffer.from('020110', 'hex'))
  const content = der(0x30, oid.data, der(0x30, oid.aes256Gcm, parameters), der(0x80, sealed))
  const message = der(0x30, oid.encryptedData, der(0xa0, der(0x30, Buffer.from('020100', 'hex'), content)))
  const length = Buffer.alloc(4)
  length.writeUInt32BE(message.length)
  return Buffer.concat([prefix, Buffer.from(materialId, 'hex'), Buffer.of(1), salt, length, message])
}

/** One element of ASN.1's distinguished encoding. */
function der(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(contents)
  const digits = body.length.toString(16)
  const bytes = Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex')
  const length = body.length < 0x80 ? bytes : Buffer.concat([Buffer.of(0x80 | bytes.length), bytes])
  return Buffer.concat([Buffer.of(tag), length, body])
}

function messageKey(material: Uint8Array, salt: Uint8Array): Uint8Array {
  return createHmac('sha256', material).update(salt).digest()
}

/** Lengths before names and values: without them two contexts could have the same bytes. */
function authenticated(id: string, salt: Uint8Array, context: Readonly<Record<string, string>>): Uint8Array {
  const parts: Buffer[] = [Buffer.from(id, 'hex'), Buffer.from(salt)]
  const pairs = Object.entries(context).map((pair) => pair.map((text) => Buffer.from(text)))
  for (const text of pairs.sort(([a], [b]) => Buffer.compare(a ?? prefix, b ?? prefix)).flat()) {
    const length = Buffer.alloc(4)
    length.writeUInt32BE(text.length)
    parts.push(length, text)
  }
  return Buffer.concat(parts)
}
