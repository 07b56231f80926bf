import { createHash, randomFillSync, timingSafeEqual } from 'node:crypto'
import { KeywrightError, secretBytes, secretCopy } from '@keywright/core/provider'
import { readHex, writeHex } from './hex.ts'
import { decodeKeyHeader, encodeKeyHeader, type KeyHeader, malformed, maxVersions } from './key-header.ts'
import {
  importXaesKey,
  openXaes,
  sealXaes,
  wipeXaesKey,
  xaesKeyBytes,
  xaesNonceBytes,
  xaesTagBytes,
} from './xaes-256-gcm.ts'

/** Longest key file: 1,000 versions of some 170 bytes, and room. */
export const maxKeyFileBytes = 262_144

/** The key of each version that has one, in ascending order of versions, 32 bytes each. */
export type Material = ReadonlyMap<number, Uint8Array>

/** A key file taken apart, its material still guarded. */
export interface GuardedKeyFile {
  readonly header: KeyHeader
  /** The header as the file spells it. */
  readonly headerText: string
  /** With a passphrase nonce, ciphertext and tag; without, the bare keys and a checksum. For the reader to zero-fill. */
  readonly guarded: Uint8Array
}

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true })
/** The material is the last field, and no string is ever made of it. */
const before = encoder.encode(',\n  "material": "')
const after = encoder.encode('"\n}\n')
const checksumBytes = 32

/**
 * Takes a key file apart; needs no passphrase.
 *
 * @param bytes the file; the caller zero-fills them afterwards
 * @throws KeywrightError `configuration`, with the field
 */
export function parseKeyFile(bytes: Uint8Array): GuardedKeyFile {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  const at = view.lastIndexOf(before)
  const end = bytes.length - after.length
  const from = at + before.length
  if (at < 0 || from > end || !view.subarray(end).equals(after)) {
    throw malformed('material', 'must be the last field')
  }
  const headerText = `${textOf(bytes.subarray(0, at))}\n}`
  const header = decodeKeyHeader(headerText)
  const guarded = readHex(bytes.subarray(from, end))
  if (guarded === undefined) throw malformed('material', 'must be lower-case hex digits')
  const overhead = header.protection.kind === 'none' ? checksumBytes : xaesNonceBytes + xaesTagBytes
  if (guarded.length !== keptVersions(header).length * xaesKeyBytes + overhead) {
    guarded.fill(0)
    throw malformed('material', 'must hold 32 bytes for each version that is not destroyed')
  }
  return { header, headerText, guarded }
}

function textOf(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes)
  } catch {
    throw malformed('file', 'is not UTF-8')
  }
}

/**
 * Opens the material of a key file.
 *
 * @param file from {@link parseKeyFile}
 * @param passphraseKey 32 bytes derived from the passphrase, for a file that has one
 * @returns keys in memory of their own, for the caller to zero-fill
 * @throws KeywrightError `unauthenticated` when the passphrase is wrong or anything in its file was changed;
 *   `configuration` when the checksum of a file without passphrase is wrong
 */
export function openMaterial(file: GuardedKeyFile, passphraseKey: Uint8Array | undefined): Material {
  const plain = passphraseKey === undefined ? unguardedBytes(file) : decipheredBytes(file, passphraseKey)
  const material = new Map<number, Uint8Array>()
  for (const [index, version] of keptVersions(file.header).entries()) {
    material.set(version, secretCopy(plain.subarray(index * xaesKeyBytes, (index + 1) * xaesKeyBytes)))
  }
  plain.fill(0)
  return material
}

function unguardedBytes({ headerText, guarded }: GuardedKeyFile): Uint8Array {
  const end = guarded.length - checksumBytes
  const plain = secretCopy(guarded.subarray(0, end))
  if (timingSafeEqual(checksum(headerText, plain), guarded.subarray(end))) return plain
  plain.fill(0)
  throw malformed('material', 'does not match the checksum')
}

function decipheredBytes(
  { header, headerText, guarded }: GuardedKeyFile,
  passphraseKey: Uint8Array,
): Uint8Array {
  const key = importXaesKey(passphraseKey)
  const nonce = guarded.subarray(0, xaesNonceBytes)
  const plain = openXaes(key, nonce, guarded.subarray(xaesNonceBytes), passphraseBinding(headerText))
  wipeXaesKey(key)
  if (plain !== undefined) return plain
  throw new KeywrightError(
    'unauthenticated',
    `the passphrase of the key "${header.name}" is wrong, or its file was changed`,
    { field: 'passphrase' },
  )
}

/**
 * Writes a key file.
 *
 * @param header what the file says of the key
 * @param material the keys of exactly the versions that are not destroyed
 * @param passphraseKey 32 bytes, exactly when the header says `passphrase`
 * @returns the file's bytes, for the caller to zero-fill
 * @throws KeywrightError `limit-exceeded` after 1,000 versions
 */
export function formatKeyFile(
  header: KeyHeader,
  material: Material,
  passphraseKey: Uint8Array | undefined,
): Uint8Array {
  if (header.versions.length > maxVersions) {
    throw new KeywrightError(
      'limit-exceeded',
      `a local key has at most ${maxVersions} versions: create another key and rewrap to it`,
      { field: 'versions' },
    )
  }
  const headerText = encodeKeyHeader(header)
  const kept = keptVersions(header)
  const plain = secretBytes(kept.length * xaesKeyBytes)
  for (const [index, version] of kept.entries()) {
    const key = material.get(version)
    if (key?.length !== xaesKeyBytes) throw malformed('material', `lacks version ${version}`)
    plain.set(key, index * xaesKeyBytes)
  }
  const guarded = guardedBytes(headerText, plain, passphraseKey)
  plain.fill(0)
  const head = encoder.encode(headerText.slice(0, -'\n}'.length))
  const file = new Uint8Array(head.length + before.length + guarded.length * 2 + after.length)
  file.set(head)
  file.set(before, head.length)
  const from = head.length + before.length
  writeHex(guarded, file.subarray(from, from + guarded.length * 2))
  file.set(after, file.length - after.length)
  guarded.fill(0)
  return file
}

function guardedBytes(
  headerText: string,
  plain: Uint8Array,
  passphraseKey: Uint8Array | undefined,
): Uint8Array {
  if (passphraseKey === undefined) {
    const guarded = new Uint8Array(plain.length + checksumBytes)
    guarded.set(plain)
    guarded.set(checksum(headerText, plain), plain.length)
    return guarded
  }
  const key = importXaesKey(passphraseKey)
  const nonce = randomFillSync(new Uint8Array(xaesNonceBytes))
  const sealed = sealXaes(key, nonce, plain, passphraseBinding(headerText))
  wipeXaesKey(key)
  const guarded = new Uint8Array(nonce.length + sealed.length)
  guarded.set(nonce)
  guarded.set(sealed, nonce.length)
  return guarded
}

function keptVersions(header: KeyHeader): number[] {
  return header.versions.filter(({ state }) => state !== 'destroyed').map(({ version }) => version)
}

/** All of the header is bound: a changed name, state, date or parameter is a wrong passphrase. */
function passphraseBinding(headerText: string): Uint8Array {
  return encoder.encode(`keywright-local-key/v1/passphrase\0${headerText}`)
}

/** Finds damage, not forgery: without a secret, whoever can write the file can compute it too. */
function checksum(headerText: string, plain: Uint8Array): Uint8Array {
  return createHash('sha256')
    .update(`keywright-local-key/v1/checksum\0${headerText}\0`)
    .update(plain)
    .digest()
}

/**
 * Zero-fills the keys of a material.
 *
 * @param material from {@link openMaterial}
 */
export function wipeMaterial(material: Material): void {
  for (const key of material.values()) key.fill(0)
}
