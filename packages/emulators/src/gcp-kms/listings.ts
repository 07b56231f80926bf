import { GrpcError } from './grpc-error.ts'
import { wireKeyRing } from './key-operations.ts'
import type { KeyStore } from './key-store.ts'
import { checkedName } from './resource-names.ts'
import { wireKey, wireVersion } from './stored-key.ts'

/** A page that is asked for. */
export interface ListRequest {
  readonly parent: string
  readonly pageSize: number
  readonly pageToken: string
}

const defaultPageSize = 100
const maxPageSize = 1000

export function listKeyRings(store: KeyStore, request: ListRequest): object {
  const all = store.keyRings(checkedName('location', request.parent)).map(wireKeyRing)
  return page('keyRings', all, request)
}

export function listCryptoKeys(store: KeyStore, request: ListRequest): object {
  const { name } = store.keyRing(checkedName('keyRing', request.parent))
  return page('cryptoKeys', store.keys(name).map(wireKey), request)
}

export function listCryptoKeyVersions(store: KeyStore, request: ListRequest): object {
  const key = store.key(checkedName('cryptoKey', request.parent))
  const all = key.versions.map((version) => wireVersion(key, version))
  return page('cryptoKeyVersions', all, request)
}

// A page token is the number of entries before the page.
function page(member: string, all: readonly object[], { pageSize, pageToken }: ListRequest): object {
  if (pageToken !== '' && !/^[0-9]{1,9}$/.test(pageToken)) {
    throw new GrpcError('INVALID_ARGUMENT', 'The page_token is invalid.')
  }
  const start = Number(pageToken)
  const end = start + Math.min(pageSize > 0 ? pageSize : defaultPageSize, maxPageSize)
  return {
    [member]: all.slice(start, end),
    nextPageToken: end < all.length ? String(end) : '',
    totalSize: all.length,
  }
}
