import {
  type DecryptRequest,
  decrypt,
  type EncryptRequest,
  encrypt,
  generateRandomBytes,
} from './crypto-operations.ts'
import * as keys from './key-operations.ts'
import type { KeyStore } from './key-store.ts'
import { type ListRequest, listCryptoKeys, listCryptoKeyVersions, listKeyRings } from './listings.ts'
import { keyOf } from './resource-names.ts'
import type { MessageName } from './wire-description.ts'

/** A method of the service. */
export interface Method {
  readonly request: MessageName
  readonly response: MessageName
  /** The IAM permission that it takes. */
  readonly permission: string
  /** The resource that the permission is checked on, and that the call log names. */
  readonly resource: (request: unknown) => string
  readonly run: (store: KeyStore, request: unknown) => object
}

type Resource<Request> = (request: Request) => string

// The codec made the request by the description of its own message: this is where it gets its type.
function method<Request>(
  request: MessageName,
  response: MessageName,
  permission: string,
  resource: Resource<Request>,
  run: (store: KeyStore, request: Request) => object,
): Method {
  return {
    request,
    response,
    permission: `cloudkms.${permission}`,
    resource: (message) => resource(message as Request),
    run: (store, message) => run(store, message as Request),
  }
}

const named = ({ name }: { readonly name: string }): string => keyOf(name)
const inParent = ({ parent }: { readonly parent: string }): string => parent
const key = 'CryptoKey'
const version = 'CryptoKeyVersion'

/** The methods that the emulator has, by name. */
export const methods: ReadonlyMap<string, Method> = new Map([
  [
    'Encrypt',
    method<EncryptRequest>(
      'EncryptRequest',
      'EncryptResponse',
      'cryptoKeyVersions.useToEncrypt',
      named,
      encrypt,
    ),
  ],
  [
    'Decrypt',
    method<DecryptRequest>(
      'DecryptRequest',
      'DecryptResponse',
      'cryptoKeyVersions.useToDecrypt',
      named,
      decrypt,
    ),
  ],
  ['GetKeyRing', method('GetKeyRingRequest', 'KeyRing', 'keyRings.get', named, keys.getKeyRing)],
  [
    'ListKeyRings',
    method<ListRequest>(
      'ListKeyRingsRequest',
      'ListKeyRingsResponse',
      'keyRings.list',
      inParent,
      listKeyRings,
    ),
  ],
  [
    'CreateKeyRing',
    method('CreateKeyRingRequest', 'KeyRing', 'keyRings.create', inParent, keys.createKeyRing),
  ],
  ['GetCryptoKey', method('GetCryptoKeyRequest', key, 'cryptoKeys.get', named, keys.getCryptoKey)],
  [
    'ListCryptoKeys',
    method<ListRequest>(
      'ListCryptoKeysRequest',
      'ListCryptoKeysResponse',
      'cryptoKeys.list',
      inParent,
      listCryptoKeys,
    ),
  ],
  [
    'CreateCryptoKey',
    method('CreateCryptoKeyRequest', key, 'cryptoKeys.create', inParent, keys.createCryptoKey),
  ],
  [
    'UpdateCryptoKey',
    method(
      'UpdateCryptoKeyRequest',
      key,
      'cryptoKeys.update',
      ({ cryptoKey }) => cryptoKey?.name ?? '',
      keys.updateCryptoKey,
    ),
  ],
  [
    'UpdateCryptoKeyPrimaryVersion',
    method(
      'UpdateCryptoKeyPrimaryVersionRequest',
      key,
      'cryptoKeys.update',
      named,
      keys.updateCryptoKeyPrimaryVersion,
    ),
  ],
  [
    'GetCryptoKeyVersion',
    method('GetCryptoKeyVersionRequest', version, 'cryptoKeyVersions.get', named, keys.getCryptoKeyVersion),
  ],
  [
    'ListCryptoKeyVersions',
    method<ListRequest>(
      'ListCryptoKeyVersionsRequest',
      'ListCryptoKeyVersionsResponse',
      'cryptoKeyVersions.list',
      inParent,
      listCryptoKeyVersions,
    ),
  ],
  [
    'CreateCryptoKeyVersion',
    method(
      'CreateCryptoKeyVersionRequest',
      version,
      'cryptoKeyVersions.create',
      inParent,
      keys.createCryptoKeyVersion,
    ),
  ],
  [
    'UpdateCryptoKeyVersion',
    method(
      'UpdateCryptoKeyVersionRequest',
      version,
      'cryptoKeyVersions.update',
      (request) => keyOf(request.cryptoKeyVersion?.name ?? ''),
      keys.updateCryptoKeyVersion,
    ),
  ],
  [
    'DestroyCryptoKeyVersion',
    method(
      'DestroyCryptoKeyVersionRequest',
      version,
      'cryptoKeyVersions.destroy',
      named,
      keys.destroyCryptoKeyVersion,
    ),
  ],
  [
    'RestoreCryptoKeyVersion',
    method(
      'RestoreCryptoKeyVersionRequest',
      version,
      'cryptoKeyVersions.restore',
      named,
      keys.restoreCryptoKeyVersion,
    ),
  ],
  [
    'GenerateRandomBytes',
    method<Parameters<typeof generateRandomBytes>[0]>(
      'GenerateRandomBytesRequest',
      'GenerateRandomBytesResponse',
      'locations.generateRandomBytes',
      ({ location }) => location,
      (_, request) => generateRandomBytes(request),
    ),
  ],
])
