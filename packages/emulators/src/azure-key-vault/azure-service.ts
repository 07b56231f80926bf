import { randomBytes } from 'node:crypto'
import type { ServiceFault } from '../faults.ts'
import { faultyKid, faultyValue } from './answer-faults.ts'
import { deletedBundle, keyBundle, keyItem, kidOf, ordered, type Shown } from './key-bundle.ts'
import { type KeyOperation, runOperation } from './key-operations.ts'
import { isVersionId, type KeyStore, type KeyVersion, type StoredKey } from './key-store.ts'
import { type CreateBody, type ImportBody, type OperationBody, readBody } from './request-body.ts'
import type { AzureOperation, Route } from './routes.ts'
import { badParameter, ServiceError } from './service-error.ts'

/** An authorised request. */
export interface ServiceRequest {
  readonly route: Route
  readonly method: string
  readonly query: URLSearchParams
  readonly body: Uint8Array
  readonly shown: Shown
  readonly fault: ServiceFault | undefined
  readonly now: Date
}

/** The body of a success; undefined: 204 without one. */
export type ServiceAnswer = Readonly<Record<string, unknown>> | undefined

/** Answers an authorised request; throws {@link ServiceError}. */
export async function serveAzure(store: KeyStore, request: ServiceRequest): Promise<ServiceAnswer> {
  const { route, shown, method } = request
  const { operation, name, version } = route
  if (operation === undefined) throw badParameter('Operation not specified')
  if (version !== '' && !isVersionId(version)) {
    throw badParameter(`Method ${method} does not allow operation '${version}'`)
  }
  const bundle = (key: StoredKey, of: KeyVersion | undefined = key.versions.at(-1)): ServiceAnswer =>
    of === undefined ? {} : keyBundle(shown, key, of)
  const removed = (key: StoredKey): ServiceAnswer => {
    const last = key.versions.at(-1)
    return last === undefined ? {} : deletedBundle(shown, key, last)
  }
  switch (operation) {
    case 'createKey':
      return bundle(await store.create(name, readBody(request.body) as CreateBody))
    case 'importKey':
      return bundle(store.import(name, importBody(request.body)))
    case 'rotateKey':
      return bundle(await store.rotate(name))
    case 'updateKey':
      return bundle(store.key(name), store.update(name, version, readBody(request.body)))
    case 'getKey':
      return bundle(store.key(name), store.version(name, version))
    case 'getKeyVersions': {
      const key = store.key(name)
      return page(
        request,
        key.versions.map((each) => keyItem(shown, key, each)),
      )
    }
    case 'getKeys':
    case 'getDeletedKeys':
      return page(
        request,
        store.list(operation === 'getDeletedKeys').map((key) => keyItem(shown, key, undefined)),
      )
    case 'deleteKey':
      return removed(store.delete(name))
    case 'getDeletedKey':
      return removed(store.deletedKey(name))
    case 'recoverDeletedKey':
      return bundle(store.recover(name))
    case 'purgeDeletedKey':
      store.purge(name)
      return undefined
    case 'getRandomBytes':
      return { value: randomBytes(countOf(request.body)).toString('base64url') }
    default:
      return operate(store, request, operation)
  }
}

function operate(store: KeyStore, request: ServiceRequest, operation: KeyOperation): ServiceAnswer {
  const { route, shown, fault, body, now } = request
  const key = store.key(route.name)
  const version = store.version(route.name, route.version)
  refuseUnusable(version, operation, now)
  const { alg, ...rest } = readBody(body) as OperationBody
  const result = runOperation(shown.flavour, operation, version.material, { alg, ...rest })
  const kid = faultyKid(fault, kidOf(shown, key.name, version))
  const value = text(faultyValue(fault, operation, result))
  if (shown.flavour === 'key-vault') return { kid, value }
  const { iv, tag, aad } = result
  return ordered(shown, { alg, kid, value, iv: text(iv), tag: text(tag), aad: text(aad) })
}

/** Outside of its dates a key still decrypts, as the service documents. */
function refuseUnusable(
  { enabled, keyOps, nbf, exp }: KeyVersion,
  operation: AzureOperation,
  now: Date,
): void {
  const refuse = (what: string, innerCode: string): never => {
    throw new ServiceError(403, 'Forbidden', `Operation ${operation} is not ${what}`, innerCode)
  }
  if (!enabled) refuse('allowed on a disabled key.', 'KeyDisabled')
  if (!keyOps.includes(operation)) refuse('permitted on this key.', 'KeyOperationForbidden')
  if (operation !== 'encrypt' && operation !== 'wrapKey') return
  const seconds = now.getTime() / 1_000
  if (exp !== undefined && seconds >= exp) refuse('allowed on a expired key.', 'KeyExpired')
  if (nbf !== undefined && seconds < nbf) refuse('allowed on a not yet valid key.', 'KeyNotYetValid')
}

/** One page of a list, with the address of the next. */
function page({ query, route, shown }: ServiceRequest, items: readonly unknown[]): ServiceAnswer {
  const most = Math.min(25, Math.max(1, Number(query.get('maxresults') ?? 25) || 25))
  const from = Math.max(0, Number(query.get('$skiptoken') ?? 0) || 0)
  const next = from + most
  const collection = route.operation === 'getDeletedKeys' ? 'deletedkeys' : 'keys'
  const path = route.operation === 'getKeyVersions' ? `keys/${route.name}/versions` : collection
  const search = new URLSearchParams({
    'api-version': shown.apiVersion,
    $skiptoken: String(next),
    maxresults: String(most),
  })
  return {
    value: items.slice(from, next),
    nextLink: next < items.length ? `${shown.base}/${path}?${search}` : null,
  }
}

function importBody(bytes: Uint8Array): ImportBody {
  const body = readBody(bytes)
  if (body['key'] === undefined) throw badParameter('Property  has invalid value\r\n')
  return body as unknown as ImportBody
}

function countOf(bytes: Uint8Array): number {
  const { count } = readBody(bytes)
  if (typeof count === 'number' && Number.isInteger(count) && count >= 1 && count <= 128) return count
  throw badParameter("Invalid value for 'count'")
}

function text(bytes: Uint8Array | undefined): string | undefined {
  return bytes === undefined ? undefined : Buffer.from(bytes).toString('base64url')
}
