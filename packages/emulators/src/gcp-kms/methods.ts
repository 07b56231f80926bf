import * as crypto from './crypto-operations.ts'
import * as keys from './key-operations.ts'
import type { KeyStore } from './key-store.ts'
import * as listings from './listings.ts'
import { keyOf } from './resource-names.ts'
import { iamServiceName, serviceName } from './wire-description.ts'

const iamPackage = 'google.iam.v1'

/** A method of the service. */
export interface Method {
  /** Full name of the service that it belongs to. */
  readonly service: string
  /** Names of its messages. */
  readonly request: string
  readonly response: string
  /** The IAM permission that it takes; undefined: anybody may call it. */
  readonly permission: string | undefined
  /** The resource that the permission is checked on, and that the call log names. */
  readonly resource: (request: unknown) => string
  /** Answers; `allows` tells what the caller may do. */
  readonly run: (store: KeyStore, request: unknown, allows: (permission: string) => boolean) => object
}

// The codec made the request by the description of its own message: this is where it gets its type.
function method<Request>(
  name: string,
  response: string,
  permission: string,
  resource: (request: Request) => string,
  run: (store: KeyStore, request: Request) => object,
): readonly [string, Method] {
  const described: Method = {
    service: serviceName,
    request: `${name}Request`,
    response,
    permission: `cloudkms.${permission}`,
    resource: (message) => resource(message as Request),
    run: (store, message) => run(store, message as Request),
  }
  return [name, described]
}

/** Tells a caller which of some permissions it has; the service asks for none to be told. */
const testIamPermissions: Method = {
  service: iamServiceName,
  request: `${iamPackage}.TestIamPermissionsRequest`,
  response: `${iamPackage}.TestIamPermissionsResponse`,
  permission: undefined,
  resource: (request) => (request as { readonly resource: string }).resource,
  run: (_store, request, allows) => {
    const { permissions } = request as { readonly permissions: readonly string[] }
    return { permissions: permissions.filter(allows) }
  },
}

const named = ({ name }: { readonly name: string }): string => keyOf(name)
const parent = (request: { readonly parent: string }): string => request.parent
const nested = (resource: { readonly name: string } | null): string => keyOf(resource?.name ?? '')
const key = 'CryptoKey'
const version = 'CryptoKeyVersion'

/** The methods that the emulator has, by name. */
export const methods: ReadonlyMap<string, Method> = new Map([
  method('Encrypt', 'EncryptResponse', 'cryptoKeyVersions.useToEncrypt', named, crypto.encrypt),
  method('Decrypt', 'DecryptResponse', 'cryptoKeyVersions.useToDecrypt', named, crypto.decrypt),
  method('GetKeyRing', 'KeyRing', 'keyRings.get', named, keys.getKeyRing),
  method('ListKeyRings', 'ListKeyRingsResponse', 'keyRings.list', parent, listings.listKeyRings),
  method('CreateKeyRing', 'KeyRing', 'keyRings.create', parent, keys.createKeyRing),
  method('GetCryptoKey', key, 'cryptoKeys.get', named, keys.getCryptoKey),
  method('ListCryptoKeys', 'ListCryptoKeysResponse', 'cryptoKeys.list', parent, listings.listCryptoKeys),
  method('CreateCryptoKey', key, 'cryptoKeys.create', parent, keys.createCryptoKey),
  method(
    'UpdateCryptoKey',
    key,
    'cryptoKeys.update',
    (request) => nested(request.cryptoKey),
    keys.updateCryptoKey,
  ),
  method(
    'UpdateCryptoKeyPrimaryVersion',
    key,
    'cryptoKeys.update',
    named,
    keys.updateCryptoKeyPrimaryVersion,
  ),
  method('GetCryptoKeyVersion', version, 'cryptoKeyVersions.get', named, keys.getCryptoKeyVersion),
  method(
    'ListCryptoKeyVersions',
    'ListCryptoKeyVersionsResponse',
    'cryptoKeyVersions.list',
    parent,
    listings.listCryptoKeyVersions,
  ),
  method('CreateCryptoKeyVersion', version, 'cryptoKeyVersions.create', parent, keys.createCryptoKeyVersion),
  method(
    'UpdateCryptoKeyVersion',
    version,
    'cryptoKeyVersions.update',
    (request) => nested(request.cryptoKeyVersion),
    keys.updateCryptoKeyVersion,
  ),
  method(
    'DestroyCryptoKeyVersion',
    version,
    'cryptoKeyVersions.destroy',
    named,
    keys.destroyCryptoKeyVersion,
  ),
  method(
    'RestoreCryptoKeyVersion',
    version,
    'cryptoKeyVersions.restore',
    named,
    keys.restoreCryptoKeyVersion,
  ),
  method<Parameters<typeof crypto.generateRandomBytes>[1]>(
    'GenerateRandomBytes',
    'GenerateRandomBytesResponse',
    'locations.generateRandomBytes',
    ({ location }) => location,
    crypto.generateRandomBytes,
  ),
  ['TestIamPermissions', testIamPermissions],
])
