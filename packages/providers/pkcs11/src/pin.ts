import { constants, open } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { KeywrightError } from '@keywright/core/provider'
import type { ReadPin } from './login.ts'

/** Where a PIN comes from. */
export interface PinOptions {
  /** The PIN, or what asks for it on each log-in. */
  readonly pin?: string | (() => string | Promise<string>) | undefined
  /** An absolute `file:` URI or path of a file that holds the PIN and at most one line end. */
  readonly pinSource?: string | undefined
}

const maxPinBytes = 255

/**
 * Chooses a PIN's source: the options, else KEYWRIGHT_PKCS11_PIN_FILE, else KEYWRIGHT_PKCS11_PIN.
 *
 * @throws KeywrightError `configuration` for two sources in the options
 */
export function choosePin({ pin, pinSource }: PinOptions): ReadPin {
  if (pin !== undefined && pinSource !== undefined)
    throw refused('comes from pin or from pinSource, not both')
  if (typeof pin === 'string') return async () => checked(pin)
  if (pin !== undefined) return async () => checked(await pin())
  return async () => {
    const file = pinSource ?? (process.env['KEYWRIGHT_PKCS11_PIN_FILE'] || undefined)
    if (file !== undefined) return checked(await readPinFile(file))
    const text = process.env['KEYWRIGHT_PKCS11_PIN']
    return text === undefined || text === '' ? undefined : checked(text)
  }
}

/** Follows links, as secrets mounted into containers are links; what counts is the file that is read. */
async function readPinFile(source: string): Promise<string> {
  const path = pathOf(source)
  // Without waiting for the other end of a pipe.
  const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)).catch(() => {
    throw refused('file cannot be read')
  })
  try {
    const { mode, uid, size } = await file.stat()
    const own = process.getuid?.()
    if ((mode & 0o170_000) !== 0o100_000 || size > maxPinBytes + 2) throw refused('file holds one PIN')
    if (process.platform !== 'win32') {
      if (uid !== own && uid !== 0) throw refused('file belongs to another user')
      if ((mode & 0o027) !== 0)
        throw refused('file can be read by everyone or changed by its group: chmod 600')
    }
    return (await file.readFile('utf8')).replace(/\r?\n$/, '')
  } finally {
    await file.close()
  }
}

function pathOf(source: string): string {
  if (source.startsWith('/')) return source
  try {
    return fileURLToPath(new URL(source))
  } catch {
    throw refused('source is an absolute path or a file: URI')
  }
}

function checked(pin: string): string {
  const size = Buffer.byteLength(pin)
  if (size >= 1 && size <= maxPinBytes && !/[\r\n\0]/.test(pin)) return pin
  throw refused(`has 1 to ${maxPinBytes} bytes on one line`)
}

function refused(rule: string): KeywrightError {
  return new KeywrightError('configuration', `a PIN ${rule}`, { field: 'pin' })
}
