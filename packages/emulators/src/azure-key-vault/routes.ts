/** What a request asks for, by the names of the service's REST reference. */
export type AzureOperation =
  | 'createKey'
  | 'importKey'
  | 'rotateKey'
  | 'updateKey'
  | 'getKey'
  | 'getKeyVersions'
  | 'getKeys'
  | 'deleteKey'
  | 'getDeletedKey'
  | 'getDeletedKeys'
  | 'recoverDeletedKey'
  | 'purgeDeletedKey'
  | 'wrapKey'
  | 'unwrapKey'
  | 'encrypt'
  | 'decrypt'
  | 'getRandomBytes'

/** A request as its path reads. */
export interface Route {
  /** Undefined for what the service would do and this stand-in does not. */
  readonly operation: AzureOperation | undefined
  /** The key's name, as given; empty where none is. */
  readonly name: string
  /** The version, or what stands in its place; empty: the current one. */
  readonly version: string
}

const keyActions: ReadonlyMap<string, AzureOperation> = new Map<string, AzureOperation>([
  ['POST create', 'createKey'],
  ['POST rotate', 'rotateKey'],
  ['GET versions', 'getKeyVersions'],
  ['POST wrapkey', 'wrapKey'],
  ['POST unwrapkey', 'unwrapKey'],
  ['POST encrypt', 'encrypt'],
  ['POST decrypt', 'decrypt'],
])

/** Actions that may have a version before them. */
const versioned: ReadonlySet<AzureOperation> = new Set<AzureOperation>([
  'wrapKey',
  'unwrapKey',
  'encrypt',
  'decrypt',
])

const plain: ReadonlyMap<string, AzureOperation> = new Map<string, AzureOperation>([
  ['GET keys', 'getKey'],
  ['PUT keys', 'importKey'],
  ['PATCH keys', 'updateKey'],
  ['DELETE keys', 'deleteKey'],
  ['GET deletedkeys', 'getDeletedKey'],
  ['DELETE deletedkeys', 'purgeDeletedKey'],
])

/** Takes the target of a request apart. Not as a URL: one that begins with two slashes would name a host. */
export function readTarget(target: string): { readonly path: string; readonly query: URLSearchParams } {
  const mark = target.indexOf('?')
  const path = mark === -1 ? target : target.slice(0, mark)
  return { path, query: new URLSearchParams(mark === -1 ? '' : target.slice(mark)) }
}

/**
 * Reads a path. Case does not matter in the words of the service, and a version may be left out or empty.
 *
 * @param method in capitals
 * @param path without query
 */
export function readRoute(method: string, path: string): Route {
  const [, collection = '', name = '', third = '', fourth, rest] = path.split('/').map(decoded)
  const where = collection.toLowerCase()
  const nothing: Route = { operation: undefined, name, version: third }
  if (rest !== undefined) return nothing
  if (`${method} ${where}` === 'POST rng' && name === '') {
    return { operation: 'getRandomBytes', name: '', version: '' }
  }
  if (
    where === 'deletedkeys' &&
    fourth === undefined &&
    method === 'POST' &&
    third.toLowerCase() === 'recover'
  ) {
    return { operation: 'recoverDeletedKey', name, version: '' }
  }
  if (name === '') {
    if (method !== 'GET' || third !== '') return nothing
    const list = where === 'keys' ? 'getKeys' : where === 'deletedkeys' ? 'getDeletedKeys' : undefined
    return { operation: list, name, version: '' }
  }
  if (where === 'keys') {
    const action = keyActions.get(`${method} ${(fourth ?? third).toLowerCase()}`)
    if (action !== undefined && fourth === undefined) return { operation: action, name, version: '' }
    if (action !== undefined && versioned.has(action)) return { operation: action, name, version: third }
    if (fourth !== undefined) return nothing
  }
  return { operation: plain.get(`${method} ${where}`), name, version: third }
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}
