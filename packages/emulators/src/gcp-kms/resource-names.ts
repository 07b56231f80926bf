import { GrpcError } from './grpc-error.ts'

const project = '(?:[a-z0-9][a-z0-9.-]*:)?[a-z0-9][a-z0-9-]*'
const location = `projects/${project}/locations/[a-z0-9-]+`
const keyRing = `${location}/keyRings/[A-Za-z0-9_-]{1,63}`
const cryptoKey = `${keyRing}/cryptoKeys/[A-Za-z0-9_-]{1,63}`

/** The kinds of names that requests carry. */
export type ResourceKind = 'location' | 'keyRing' | 'cryptoKey' | 'cryptoKeyVersion'

const grammars: Readonly<Record<ResourceKind, RegExp>> = {
  location: new RegExp(`^${location}$`),
  keyRing: new RegExp(`^${keyRing}$`),
  cryptoKey: new RegExp(`^${cryptoKey}$`),
  cryptoKeyVersion: new RegExp(`^${cryptoKey}/cryptoKeyVersions/[1-9][0-9]{0,8}$`),
}

const identifier = /^[A-Za-z0-9_-]{1,63}$/

export function isNameOf(kind: ResourceKind, name: string): boolean {
  return grammars[kind].test(name)
}

/**
 * A name of this kind, as it came.
 *
 * @throws GrpcError INVALID_ARGUMENT
 */
export function checkedName(kind: ResourceKind, name: string): string {
  if (isNameOf(kind, name)) return name
  const message = isAnyName(name)
    ? `${name} is not a valid resource type for this request.`
    : `Resource name [${name}] does not match the pattern of a ${kind}.`
  throw new GrpcError('INVALID_ARGUMENT', message)
}

/**
 * The name of something new in a parent.
 *
 * @throws GrpcError INVALID_ARGUMENT for an id that is not 1 to 63 letters, digits, underscores and hyphens
 */
export function childName(parent: string, collection: string, id: string): string {
  if (identifier.test(id)) return `${parent}/${collection}/${id}`
  throw new GrpcError('INVALID_ARGUMENT', `${collection} id [${id}] does not match [a-zA-Z0-9_-]{1,63}.`)
}

/** The part of a name that names its key, or the whole name where it names none. */
export function keyOf(name: string): string {
  const end = name.indexOf('/cryptoKeyVersions/')
  return end < 0 ? name : name.slice(0, end)
}

/** The parent of a name: of a key its key ring. */
export function parentOf(name: string): string {
  return name.split('/').slice(0, -2).join('/')
}

function isAnyName(name: string): boolean {
  return Object.values(grammars).some((grammar) => grammar.test(name))
}
