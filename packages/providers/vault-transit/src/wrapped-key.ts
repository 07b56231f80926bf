import { KeywrightError } from '@keywright/core/provider'
import { invalidResponse } from './transit-key.ts'

/** Version and 60 bytes (AES-GCM, ChaCha20) or 72 (XChaCha20): nonce, 32 bytes of key, tag. */
const grammar = /^vault:v([1-9]\d{0,6}):(?:[A-Za-z0-9+/]{80}|[A-Za-z0-9+/]{96})$/

/** A wrapped key as Vault writes it. */
export interface WrappedKey {
  readonly ciphertext: string
  readonly version: string
}

/** Reads a slot's bytes; undefined where Vault cannot have made them. */
export function wrappedKey(bytes: Uint8Array): WrappedKey | undefined {
  return parsed(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1'))
}

/**
 * Checks what encrypt, datakey and rewrap answer: a wrapped key that the same KEK would unwrap, and a version, named
 * alike in both places.
 *
 * @param known the latest version when the connection was made
 * @throws KeywrightError `invalid-response`; `key-mismatch` for a version older than that
 */
export function wrapAnswer(
  data: unknown,
  requestId: unknown,
  known: number,
): { readonly wrapped: Uint8Array; readonly keyVersion: string } {
  const { ciphertext, key_version: version } = (data ?? {}) as Record<string, unknown>
  const found = typeof ciphertext === 'string' ? parsed(ciphertext) : undefined
  if (found === undefined) throw invalidResponse('ciphertext', requestId)
  if (typeof version !== 'number' || found.version !== String(version)) {
    throw invalidResponse('key_version', requestId)
  }
  if (version < known) {
    const message =
      'Vault wrapped under an older version than the key had: it was made anew under its old name'
    throw new KeywrightError('key-mismatch', message, { field: 'keyVersion' })
  }
  return { wrapped: Buffer.from(found.ciphertext, 'latin1'), keyVersion: found.version }
}

function parsed(ciphertext: string): WrappedKey | undefined {
  const version = grammar.exec(ciphertext)?.[1]
  return version === undefined ? undefined : { ciphertext, version }
}
