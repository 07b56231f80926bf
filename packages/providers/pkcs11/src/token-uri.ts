import { KeywrightError } from '@keywright/core/provider'
import type { TokenName } from './slots.ts'

/** Which key, as the path of an RFC 7512 URI names it. */
export interface KeyName extends TokenName {
  /** CKA_LABEL of the key's objects. */
  readonly key: string
  /** CKA_ID of the version that wraps, in lower-case hexadecimal. Default: the highest. */
  readonly id?: string | undefined
  /** What kind of key: AES, or an RSA pair by its private key. Default: `secret-key`. */
  readonly type?: 'secret-key' | 'private' | undefined
}

/** What a whole URI says: the path names the key, the query how to reach it. */
export interface ParsedTokenUri extends KeyName {
  readonly modulePath?: string | undefined
  readonly pinSource?: string | undefined
}

const fields: ReadonlyMap<string, keyof KeyName> = new Map([
  ['token', 'token'],
  ['serial', 'serial'],
  ['manufacturer', 'manufacturer'],
  ['model', 'model'],
  ['object', 'key'],
  ['type', 'type'],
])
const queryFields: ReadonlyMap<string, keyof ParsedTokenUri> = new Map([
  ['module-path', 'modulePath'],
  ['pin-source', 'pinSource'],
])
/** RFC 7512: unreserved, those of the reserved that it lets stand, and percent-encoded bytes. */
const pathValue = /^(?:[A-Za-z0-9._~:[\]@!$'()*+,=&-]|%[0-9A-Fa-f]{2})*$/
const queryValue = /^(?:[A-Za-z0-9._~:[\]@!$'()*+,=/?|-]|%[0-9A-Fa-f]{2})*$/
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Parses what follows `pkcs11:`. Each attribute stands once; one that this provider does not know is refused, for it
 * would narrow what is meant.
 *
 * @throws KeywrightError `configuration`, with field `key`; never with a value in it
 */
export function parseTokenUri({ reference }: { readonly reference: string }): ParsedTokenUri {
  const mark = reference.indexOf('?')
  const path = mark < 0 ? reference : reference.slice(0, mark)
  const parsed: Record<string, string> = {}
  for (const [name, text] of pairsOf(path, ';', pathValue)) {
    const field = name === 'id' ? 'id' : fields.get(name)
    if (field === undefined) throw refused(`has no use for "${printableName(name)}"`)
    parsed[field] = field === 'id' ? bytesOf(text).toString('hex') : textOf(text)
  }
  for (const [name, text] of mark < 0 ? [] : pairsOf(reference.slice(mark + 1), '&', queryValue)) {
    if (name === 'pin-value')
      throw refused('holds no PIN, for it would show in lists of processes and in logs')
    const field = queryFields.get(name)
    if (field === undefined) throw refused(`has no use for "${printableName(name)}" in its query`)
    parsed[field] = textOf(text)
  }
  const { key, type = 'secret-key', ...rest } = parsed
  if (key === undefined) throw refused('names its key by "object"')
  if (type !== 'secret-key' && type !== 'private') throw refused('is for a secret-key or a private key')
  return checkedName({ ...rest, key, type })
}

/**
 * The canonical path of a key: token, serial where it is named, object and type. Without manufacturer and model, which
 * only narrow a search, and without id, for a version is no part of a key's name.
 */
export function formatTokenPath({ token, serial, key, type = 'secret-key' }: KeyName): string {
  const parts = [
    ['token', token],
    ['serial', serial],
    ['object', key],
    ['type', type],
  ] as const
  return parts
    .flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${encoded(value)}`]))
    .join(';')
}

/** Whether a reference names this key; a serial counts where both name one. */
export function isSameKey(reference: string, name: KeyName): boolean {
  const other = keyOnSameToken(reference, name)
  return other !== undefined && other.key === name.key && other.type === name.type
}

/** The key that a reference names, where it is on the token of another; undefined where it is not, or no reference. */
export function keyOnSameToken(reference: string, { token, serial }: KeyName): KeyName | undefined {
  let other: ParsedTokenUri
  try {
    other = parseTokenUri({ reference })
  } catch {
    return undefined
  }
  const { key, type, id, modulePath, pinSource, manufacturer, model } = other
  // No header chooses a module, a PIN or a version this way.
  const more = [id, modulePath, pinSource, manufacturer, model]
  if (more.some((value) => value !== undefined) || other.token !== token) return undefined
  if (serial !== undefined && other.serial !== undefined && other.serial !== serial) return undefined
  return { key, type }
}

/**
 * Checks a key's name, from a URI or from options.
 *
 * @throws KeywrightError `configuration`, with the field
 */
export function checkedName<Name extends KeyName>(name: Name): Name {
  const { token, serial, manufacturer, model, key, id, type } = name
  const texts = [
    ['token', token, 32],
    ['serial', serial, 16],
    ['manufacturer', manufacturer, 32],
    ['model', model, 16],
    ['key', key, 255],
  ] as const
  for (const [field, text, most] of texts) {
    if (text === undefined) continue
    const size = Buffer.byteLength(text)
    if (size < 1 || size > most || !text.isWellFormed() || /\p{Cc}/u.test(text)) {
      throw invalid(field, `has 1 to ${most} bytes of text without control characters`)
    }
  }
  if (id !== undefined && !isKeyId(id)) throw invalid('id', 'is 1 to 64 bytes in lower-case hexadecimal')
  if (type !== undefined && type !== 'secret-key' && type !== 'private') {
    throw invalid('type', 'is "secret-key" or "private"')
  }
  return name
}

/** The grammar of versions: a CKA_ID in lower-case hexadecimal, which cannot reach anything but a comparison. */
export function isKeyId(text: string): boolean {
  return /^(?:[0-9a-f]{2}){1,64}$/.test(text)
}

function* pairsOf(text: string, separator: string, grammar: RegExp): Generator<readonly [string, string]> {
  const seen = new Set<string>()
  for (const part of text === '' ? [] : text.split(separator)) {
    const equals = part.indexOf('=')
    const name = part.slice(0, Math.max(equals, 0))
    const value = part.slice(equals + 1)
    if (!/^[a-z][a-z0-9-]*$/.test(name) || !grammar.test(value)) throw refused('is written after RFC 7512')
    if (seen.has(name)) throw refused(`has "${printableName(name)}" once`)
    seen.add(name)
    yield [name, value]
  }
}

function bytesOf(text: string): Buffer {
  const bytes = text.replace(/%([0-9A-Fa-f]{2})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  )
  return Buffer.from(bytes, 'latin1')
}

function textOf(text: string): string {
  try {
    return utf8.decode(bytesOf(text))
  } catch {
    throw refused('is UTF-8 under its percent signs')
  }
}

function encoded(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

function printableName(name: string): string {
  return name.slice(0, 40)
}

function refused(rule: string): KeywrightError {
  return new KeywrightError('configuration', `a pkcs11 key URI ${rule}`, { field: 'key' })
}

function invalid(field: string, rule: string): KeywrightError {
  return new KeywrightError('configuration', `${field} ${rule}`, { field })
}
