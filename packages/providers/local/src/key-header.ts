import { KeywrightError } from '@keywright/core/provider'
import { checkKeyName } from './key-name.ts'

/** Whether a version of a key may be used; a destroyed one has no material any more and never comes back. */
export type KeyVersionState = 'enabled' | 'disabled' | 'destroyed'

/** One version of a key as its file describes it. */
export interface KeyVersion {
  /** 1, 2, …; the last one wraps. */
  readonly version: number
  readonly state: KeyVersionState
  /** ISO 8601 in UTC with milliseconds. */
  readonly createdAt: string
}

/** How a passphrase becomes a key: scrypt, RFC 7914. */
export interface PassphraseParameters {
  readonly kind: 'passphrase'
  readonly kdf: 'scrypt'
  /** Cost, a power of two from 2¹⁵ to 2²⁰. */
  readonly n: number
  readonly r: 8
  readonly p: 1
  /** 16 bytes as 32 lower-case hex digits. */
  readonly salt: string
}

/** How the material in a key file is guarded. */
export type Protection = { readonly kind: 'none' } | PassphraseParameters

/** Everything in a key file but the material. */
export interface KeyHeader {
  readonly name: string
  readonly createdAt: string
  /** Without gaps, from version 1. */
  readonly versions: readonly KeyVersion[]
  readonly protection: Protection
}

/** Versions of one key; a daily rotation fills them in almost three years. */
export const maxVersions = 1000

/** Bounds of scrypt's cost: 2²⁰ takes 1 GiB of memory and seconds, and a file must not be able to ask for more. */
export const costBounds = { least: 32_768, most: 1_048_576 } as const

/**
 * The header as JSON text, always the same for the same header. The text is what the file authenticates.
 *
 * @param header a header that is known to be right
 */
export function encodeKeyHeader(header: KeyHeader): string {
  const { name, createdAt, versions, protection } = header
  return JSON.stringify(
    {
      format: 'keywright-local-key',
      formatVersion: 1,
      name,
      createdAt,
      protection:
        protection.kind === 'none'
          ? { kind: 'none' }
          : { kind: 'passphrase', kdf: 'scrypt', n: protection.n, r: 8, p: 1, salt: protection.salt },
      versions: versions.map(({ version, state, createdAt }) => ({ version, state, createdAt })),
    },
    undefined,
    2,
  )
}

/**
 * The inverse of {@link encodeKeyHeader}; any other spelling of the same header is refused.
 *
 * @param text JSON text, of bounded length
 * @throws KeywrightError `configuration`, with the field
 */
export function decodeKeyHeader(text: string): KeyHeader {
  const fields = fieldsOf(parseJson(text), 'file', topNames)
  if (fields['format'] !== 'keywright-local-key') throw malformed('format', 'must be keywright-local-key')
  if (fields['formatVersion'] !== 1)
    throw malformed('formatVersion', 'must be 1; a newer Keywright may know others')
  const header: KeyHeader = {
    name: nameOf(fields['name']),
    createdAt: dateOf(fields['createdAt'], 'createdAt'),
    protection: protectionOf(fields['protection']),
    versions: versionsOf(fields['versions']),
  }
  if (encodeKeyHeader(header) !== text) throw malformed('file', 'is not written as Keywright writes it')
  return header
}

type Fields = Readonly<Record<string, unknown>>

const topNames = ['format', 'formatVersion', 'name', 'createdAt', 'protection', 'versions'] as const
const versionNames = ['version', 'state', 'createdAt'] as const
const passphraseNames = ['kind', 'kdf', 'n', 'r', 'p', 'salt'] as const
const states: ReadonlySet<unknown> = new Set<KeyVersionState>(['enabled', 'disabled', 'destroyed'])

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw malformed('file', 'is not JSON')
  }
}

function fieldsOf(value: unknown, field: string, names: readonly string[]): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw malformed(field, 'must be an object')
  const fields = value as Fields
  for (const name of Object.keys(fields)) {
    if (!names.includes(name)) throw malformed(field, `has a field that is none of ${names.join(', ')}`)
  }
  for (const name of names) {
    if (!Object.hasOwn(fields, name))
      throw malformed(field === 'file' ? name : `${field}.${name}`, 'is missing')
  }
  return fields
}

function nameOf(value: unknown): string {
  try {
    return checkKeyName(value)
  } catch {
    throw malformed('name', 'is no key name')
  }
}

function protectionOf(value: unknown): Protection {
  const kind = typeof value === 'object' && value !== null && 'kind' in value ? value.kind : undefined
  if (kind === 'none') {
    fieldsOf(value, 'protection', ['kind'])
    return { kind }
  }
  if (kind !== 'passphrase') throw malformed('protection.kind', 'must be none or passphrase')
  const { kdf, n, r, p, salt } = fieldsOf(value, 'protection', passphraseNames)
  if (kdf !== 'scrypt') throw malformed('protection.kdf', 'must be scrypt')
  if (r !== 8) throw malformed('protection.r', 'must be 8')
  if (p !== 1) throw malformed('protection.p', 'must be 1')
  if (typeof salt !== 'string' || !/^[0-9a-f]{32}$/.test(salt)) {
    throw malformed('protection.salt', 'must be 32 lower-case hex digits')
  }
  if (!isCost(n)) throw malformed('protection.n', 'must be a power of two from 2^15 to 2^20')
  return { kind, kdf, n, r, p, salt }
}

/** Whether a number is a cost that is accepted. */
export function isCost(n: unknown): n is number {
  return (
    typeof n === 'number' && n >= costBounds.least && n <= costBounds.most && Number.isInteger(Math.log2(n))
  )
}

function versionsOf(value: unknown): KeyVersion[] {
  if (!Array.isArray(value)) throw malformed('versions', 'must be an array')
  if (value.length < 1 || value.length > maxVersions)
    throw malformed('versions', `must be 1 to ${maxVersions}`)
  return value.map((item: unknown, index) => {
    const field = `versions[${index}]`
    const { version, state, createdAt } = fieldsOf(item, field, versionNames)
    if (version !== index + 1) throw malformed(`${field}.version`, `must be ${index + 1}`)
    if (!isState(state)) throw malformed(`${field}.state`, 'must be enabled, disabled or destroyed')
    return { version, state, createdAt: dateOf(createdAt, `${field}.createdAt`) }
  })
}

function isState(value: unknown): value is KeyVersionState {
  return states.has(value)
}

function dateOf(value: unknown, field: string): string {
  if (typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value)) {
    const date = new Date(value)
    if (!Number.isNaN(date.getTime()) && date.toISOString() === value) return value
  }
  throw malformed(field, 'must be a date such as 2026-01-31T12:00:00.000Z')
}

/**
 * A key file that is not right.
 *
 * @param field which part of it
 * @param rule what it must be
 */
export function malformed(field: string, rule: string): KeywrightError {
  const subject = field === 'file' ? 'it' : field
  return new KeywrightError(
    'configuration',
    `the key file is damaged: ${subject} ${rule}; restore it from a backup`,
    {
      field,
    },
  )
}
