import { KeywrightError } from '@keywright/core/provider'

/** Where a key is: what its reference says, taken apart. */
export interface KeyAddress {
  /** Host in lower case, with its port where that is not the protocol's own. */
  readonly host: string
  /** Levels of the namespace joined by slashes; empty for the root. */
  readonly namespace: string
  readonly mount: string
  readonly key: string
}

// One segment, as Vault names keys and mounts: nothing in it that a path, a query or an escape could be made of.
const segment = '\\w(?:[\\w.-]{0,126}\\w)?'
const path = `${segment}(?:/${segment}){0,15}`
const host = '(?:[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?|\\[[0-9a-f:]{2,39}\\])(?::[1-9][0-9]{0,4})?'
const grammar = new RegExp(`^(${host})((?:/ns/${segment}){0,16})/(?!ns/)(${path})/keys/(${segment})$`)

/**
 * Takes a reference apart: `HOST[:PORT]/[ns/NAMESPACE/]MOUNT/keys/NAME`, with `ns/` before each level of a namespace.
 *
 * @param reference the part of a key URI after `vault-transit://`
 * @throws KeywrightError `configuration`
 */
export function parseReference(reference: string): KeyAddress {
  const [, found = '', levels = '', mount = '', key = ''] = grammar.exec(reference) ?? []
  if (key === '') {
    const message =
      'a vault-transit key is written vault-transit://HOST[:PORT]/[ns/NAMESPACE/]MOUNT/keys/NAME'
    throw new KeywrightError('configuration', message, { field: 'key' })
  }
  const namespace = levels.slice('/ns/'.length).replaceAll('/ns/', '/')
  return { host: found, namespace, mount, key }
}

/**
 * The canonical reference, the inverse of {@link parseReference}.
 *
 * @throws KeywrightError `configuration` for parts that are not of the grammar
 */
export function formatReference({ host, namespace, mount, key }: KeyAddress): string {
  const levels = namespace === '' ? '' : `ns/${namespace.replaceAll('/', '/ns/')}/`
  const reference = `${host}/${levels}${mount}/keys/${key}`
  const read = parseReference(reference)
  // A name with slashes could move the borders between the parts.
  if (read.namespace === namespace && read.mount === mount && read.key === key) return reference
  throw new KeywrightError('configuration', 'a Vault namespace, mount or key has no such name', {
    field: 'key',
  })
}
