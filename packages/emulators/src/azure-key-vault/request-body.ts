import type { JsonWebKey } from 'node:crypto'
import { badParameter } from './service-error.ts'

/** Attributes that a request may set; seconds since 1970. */
export interface AttributesBody {
  readonly enabled?: boolean | undefined
  readonly nbf?: number | undefined
  readonly exp?: number | undefined
}

export interface CreateBody {
  readonly kty?: string | undefined
  readonly key_size?: number | undefined
  readonly key_ops?: readonly string[] | undefined
  readonly attributes?: AttributesBody | undefined
  readonly tags?: Readonly<Record<string, string>> | undefined
}

export interface ImportBody {
  readonly key: JsonWebKey & { readonly key_ops?: readonly string[] | undefined }
  /** The client spells it with a capital. */
  readonly Hsm?: boolean | undefined
  readonly hsm?: boolean | undefined
  readonly attributes?: AttributesBody | undefined
  readonly tags?: Readonly<Record<string, string>> | undefined
}

export type UpdateBody = Pick<CreateBody, 'attributes' | 'key_ops' | 'tags'>

/** Of a wrap, an unwrap, an encryption or a decryption; bytes as base64url. */
export interface OperationBody {
  readonly alg?: string | undefined
  readonly value?: string | undefined
  readonly iv?: string | undefined
  readonly aad?: string | undefined
  readonly tag?: string | undefined
}

type Kind = 'string' | 'number' | 'boolean'

const kinds: Readonly<Record<string, Kind>> = {
  kty: 'string',
  key_size: 'number',
  enabled: 'boolean',
  nbf: 'number',
  exp: 'number',
  Hsm: 'boolean',
  hsm: 'boolean',
  alg: 'string',
  value: 'string',
  iv: 'string',
  aad: 'string',
  tag: 'string',
  count: 'number',
  k: 'string',
  n: 'string',
  e: 'string',
  d: 'string',
  p: 'string',
  q: 'string',
  dp: 'string',
  dq: 'string',
  qi: 'string',
}

/**
 * Reads a body: an object whose known members have the types they should, at most one object deep; null is as good as
 * absent.
 */
export function readBody(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  if (bytes.length === 0) return {}
  let body: unknown
  try {
    body = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    throw badParameter('Request body is not valid JSON.')
  }
  return checked(body, 'Request body')
}

function checked(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid(what)
  const entries = Object.entries(value).filter(([, member]) => member !== null)
  return Object.fromEntries(
    entries.map(([name, member]) => {
      if (name === 'attributes' || (name === 'key' && what === 'Request body'))
        return [name, checked(member, name)]
      if (name === 'key_ops' && !isListOfText(member)) throw invalid(name)
      if (name === 'tags' && !isListOfText(Object.values(member))) throw invalid(name)
      const kind = kinds[name]
      if (kind !== undefined && typeof member !== kind) throw invalid(name)
      return [name, member]
    }),
  )
}

function isListOfText(value: unknown): boolean {
  return Array.isArray(value) && value.every((each) => typeof each === 'string')
}

function invalid(what: string) {
  return badParameter(`${what} has invalid value\r\n`)
}
