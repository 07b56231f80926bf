import { KeywrightError } from '@keywright/core/provider'
import type { Attribute, Handle } from './cryptoki.ts'
import { attributes, classes } from './cryptoki-numbers.ts'
import type { Lease } from './session-pool.ts'
import type { Token } from './token.ts'

/** A key on the token: one version of a KEK. */
export interface KeyObject {
  readonly handle: Handle
  /** CKA_ID in lower-case hexadecimal; empty where the object has none. */
  readonly version: string
  /** The log-in that the handle belongs to. */
  readonly epoch: number
}

/** Most versions of one KEK, against a token that answers without end. */
const maxVersions = 4_096
/** Most bytes of a CKA_ID: the grammar of versions ends there. */
const maxIdBytes = 64
const atOnce = 64

/**
 * Finds the objects with a label.
 *
 * @param lease for the search alone
 * @param kind of object
 * @param label CKA_LABEL, compared by the token
 * @returns newest first: by CKA_ID as a number, the longer of two equal ones first
 * @throws KeywrightError `configuration` where two objects have one label and one id, or an id is longer than a version
 *   may be; `limit-exceeded` for more objects than a key has versions
 */
export async function findKeyObjects(
  token: Token,
  { session, epoch }: Lease,
  kind: keyof typeof classes,
  label: string,
): Promise<readonly KeyObject[]> {
  const { slow } = token.module
  const template: Attribute[] = [
    { type: attributes.CLASS, value: classes[kind] },
    { type: attributes.TOKEN, value: true },
    { type: attributes.LABEL, value: label },
  ]
  await slow('C_FindObjectsInit', session, template)
  const handles: Handle[] = []
  for (;;) {
    const some = await slow('C_FindObjects', session, atOnce)
    handles.push(...some)
    if (some.length === 0) break
    if (handles.length > maxVersions)
      throw refused('limit-exceeded', `more than ${maxVersions} objects are labelled "${label}"`)
  }
  await slow('C_FindObjectsFinal', session)
  const found: KeyObject[] = []
  for (const handle of handles) {
    const [id] = await slow('C_GetAttributeValue', session, handle, [{ type: attributes.ID }])
    if ((id?.value.length ?? 0) > maxIdBytes) {
      throw refused('configuration', `a CKA_ID of the key "${label}" has more than ${maxIdBytes} bytes`)
    }
    found.push({ handle, epoch, version: hex(id?.value) })
  }
  if (new Set(found.map(({ version }) => version)).size < found.length) {
    const message = `several objects of the token are labelled "${label}" and have one CKA_ID: which is the key?`
    throw refused('configuration', message)
  }
  return found.sort((a, b) => newerFirst(a.version, b.version))
}

/** Whether a handle still means the key: a token may give the number of a destroyed object to a new one. */
export async function isStillThere(
  token: Token,
  { session, epoch }: Lease,
  key: KeyObject,
  label: string,
): Promise<boolean> {
  if (key.epoch !== epoch) return false
  const template = [{ type: attributes.LABEL }, { type: attributes.ID }]
  const [found, id] = await token.module.quick('C_GetAttributeValue', session, key.handle, template)
  return hex(found?.value) === hex(Buffer.from(label)) && hex(id?.value) === key.version
}

/** Reads attributes that are one flag each. */
export async function readFlags(
  token: Token,
  session: Handle,
  handle: Handle,
  types: readonly number[],
): Promise<readonly boolean[]> {
  const read = await token.module.slow(
    'C_GetAttributeValue',
    session,
    handle,
    types.map((type) => ({ type })),
  )
  return read.map(({ value }) => value[0] === 1)
}

function refused(code: 'configuration' | 'limit-exceeded', message: string): KeywrightError {
  return new KeywrightError(code, message, { field: 'key' })
}

function hex(bytes: Uint8Array | undefined): string {
  return Buffer.from(bytes ?? []).toString('hex')
}

function newerFirst(a: string, b: string): number {
  const [left, right] = [BigInt(`0x0${a}`), BigInt(`0x0${b}`)]
  if (left !== right) return left > right ? -1 : 1
  return b.length - a.length
}
