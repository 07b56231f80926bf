import { randomBytes, scrypt } from 'node:crypto'
import { open } from 'node:fs/promises'
import { KeywrightError, secretBytes } from '@keywright/core/provider'
import { isCost, type PassphraseParameters } from './key-header.ts'
import { storageFailure } from './storage-failure.ts'

/**
 * A passphrase, or how to get it: a function is called each time that it is needed. `false` says that the key is
 * to have none, whatever the environment holds.
 */
export type PassphraseSource = string | (() => string | Promise<string>) | false

/** Gets the passphrase as bytes, for the caller to zero-fill. */
export type ReadPassphrase = () => Promise<Uint8Array>

/** Longest passphrase in bytes of UTF-8. */
const maxPassphraseBytes = 1024

/** Cost of a new passphrase: a third of a second and 128 MiB. */
const defaultCostLog2 = 17

/**
 * Chooses where the passphrase comes from: the option, else KEYWRIGHT_PASSPHRASE_FILE or KEYWRIGHT_PASSPHRASE.
 *
 * @param option the option
 * @returns undefined when there is to be no passphrase
 * @throws KeywrightError `configuration` when both variables are set
 */
export function choosePassphrase(option: PassphraseSource | undefined): ReadPassphrase | undefined {
  if (option === false) return undefined
  if (typeof option === 'string') return async () => passphraseBytes(option)
  if (option !== undefined) return async () => passphraseBytes(await option())
  const text = process.env['KEYWRIGHT_PASSPHRASE']
  const file = process.env['KEYWRIGHT_PASSPHRASE_FILE']
  if (text !== undefined && file !== undefined) {
    throw refused('comes from KEYWRIGHT_PASSPHRASE or from KEYWRIGHT_PASSPHRASE_FILE: both are set')
  }
  // A variable that is set but empty is a mistake in a script: going on would make a key without passphrase.
  if (text !== undefined) return async () => passphraseBytes(text)
  if (file !== undefined) return async () => passphraseBytes(await readPassphraseFile(file))
  return undefined
}

/** @returns the bytes that are hashed: NFKC, so that all keyboards and systems spell one passphrase alike */
function passphraseBytes(text: unknown): Uint8Array {
  if (typeof text !== 'string') throw refused('must be a string')
  if (/\p{Surrogate}/u.test(text)) throw refused('is not well-formed Unicode')
  const bytes = new TextEncoder().encode(text.normalize('NFKC'))
  if (bytes.length >= 1 && bytes.length <= maxPassphraseBytes) return bytes
  bytes.fill(0)
  throw refused(`has 1 to ${maxPassphraseBytes} bytes`)
}

/** A pipe is as good as a file. Its permissions are the owner's business: mounted secrets are often readable. */
async function readPassphraseFile(path: string): Promise<string> {
  // One byte more than the longest with its end of line shows a file that is too long.
  const bytes = secretBytes(maxPassphraseBytes + 3)
  let length = 0
  try {
    const handle = await open(path, 'r')
    try {
      for (;;) {
        const { bytesRead } = await handle.read(bytes, length, bytes.length - length)
        length += bytesRead
        if (bytesRead === 0 || length === bytes.length) break
      }
    } finally {
      await handle.close()
    }
    if (length === bytes.length) throw refused(`has 1 to ${maxPassphraseBytes} bytes`)
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, length)).replace(/\r?\n$/, '')
  } catch (error) {
    if (error instanceof TypeError) throw refused('is not UTF-8')
    const { code, message } = storageFailure(error, 'read', 'the file that KEYWRIGHT_PASSPHRASE_FILE names')
    throw new KeywrightError(code === 'key-not-found' ? 'configuration' : code, message, {
      field: 'passphrase',
    })
  } finally {
    bytes.fill(0)
  }
}

/**
 * Parameters for a new passphrase, with a salt of their own.
 *
 * @param costLog2 15 to 20; 17 unless told
 * @throws KeywrightError `configuration`, with field `scryptCostLog2`
 */
export function newPassphraseParameters(costLog2: number = defaultCostLog2): PassphraseParameters {
  const n = 2 ** costLog2
  if (!isCost(n)) {
    throw new KeywrightError('configuration', 'scryptCostLog2 is a whole number from 15 to 20', {
      field: 'scryptCostLog2',
    })
  }
  return { kind: 'passphrase', kdf: 'scrypt', n, r: 8, p: 1, salt: randomBytes(16).toString('hex') }
}

/**
 * Derives the key that guards a file's material: scrypt, RFC 7914, on a thread of the pool.
 *
 * @param read gets the passphrase
 * @param parameters from the file's header
 * @returns 32 bytes, for the caller to zero-fill
 */
export async function derivePassphraseKey(
  read: ReadPassphrase,
  { n, r, p, salt }: PassphraseParameters,
): Promise<Uint8Array> {
  const passphrase = await read()
  // OpenSSL counts a little more than the 128·N·r bytes of the table.
  const maxmem = 128 * r * (n + 32) + 1_048_576
  try {
    return await new Promise((resolve, reject) => {
      scrypt(passphrase, Buffer.from(salt, 'hex'), 32, { N: n, r, p, maxmem }, (error, derived) => {
        if (error === null) resolve(takeBytes(derived))
        else
          reject(
            new KeywrightError('unavailable', `scrypt could not run with N = ${n}: it needs ${maxmem} bytes`),
          )
      })
    })
  } finally {
    passphrase.fill(0)
  }
}

function takeBytes(source: Uint8Array): Uint8Array {
  const taken = Uint8Array.from(source)
  source.fill(0)
  return taken
}

function refused(rule: string): KeywrightError {
  return new KeywrightError('configuration', `the passphrase ${rule}`, { field: 'passphrase' })
}
