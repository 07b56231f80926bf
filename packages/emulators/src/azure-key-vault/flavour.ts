import { randomUUID } from 'node:crypto'
import type { AzureOperation } from './routes.ts'

/** The two services with one interface. */
export type Flavour = 'key-vault' | 'managed-hsm'

/** What a request told that headers and errors repeat. */
export interface Exchange {
  readonly method: string
  /** `https://HOST:PORT` as the client wrote it. */
  readonly base: string
  readonly requestId: string
  readonly clientRequestId: string | undefined
  readonly now: Date
}

/** How the two differ on the wire. */
export interface FlavourFacts {
  /** What a token has to be for. */
  readonly audience: string
  readonly newRequestId: () => string
  readonly headers: (exchange: Exchange, status: number, authorized: boolean) => readonly Header[]
  /** What a request without a token gets. */
  readonly challengeBody: (method: string) => string
  /** Message of `KeyNotFound`; `BASE` stands for the address. */
  readonly notFound: (what: string) => string
  readonly invalidProperty: string
  /** The permission that an operation needs. */
  readonly permission: (operation: AzureOperation) => string
}

export type Header = readonly [name: string, value: string]

/** The tenant that challenges name; nobody is asked there. */
export const tenant = '00000000-0000-0000-0000-000000000000'

const region = 'westeurope'

const vaultActions: Readonly<Record<AzureOperation, string>> = {
  createKey: 'create/action',
  importKey: 'import/action',
  rotateKey: 'rotate/action',
  updateKey: 'update/action',
  getKey: 'read',
  getKeyVersions: 'read',
  getKeys: 'read',
  deleteKey: 'delete',
  getDeletedKey: 'read',
  getDeletedKeys: 'read',
  recoverDeletedKey: 'recover/action',
  purgeDeletedKey: 'purge/action',
  wrapKey: 'wrap/action',
  unwrapKey: 'unwrap/action',
  encrypt: 'encrypt/action',
  decrypt: 'decrypt/action',
  getRandomBytes: 'random/action',
}

const hsmActions: Readonly<Record<AzureOperation, string>> = {
  createKey: 'keys/create',
  importKey: 'keys/import/action',
  rotateKey: 'keys/rotate/action',
  updateKey: 'keys/write/action',
  getKey: 'keys/read/action',
  getKeyVersions: 'keys/read/action',
  getKeys: 'keys/read/action',
  deleteKey: 'keys/delete',
  getDeletedKey: 'deletedKeys/read/action',
  getDeletedKeys: 'deletedKeys/read/action',
  recoverDeletedKey: 'deletedKeys/recover/action',
  purgeDeletedKey: 'deletedKeys/delete',
  wrapKey: 'keys/wrap/action',
  unwrapKey: 'keys/unwrap/action',
  encrypt: 'keys/encrypt/action',
  decrypt: 'keys/decrypt/action',
  getRandomBytes: 'rng/action',
}

const keyVault: FlavourFacts = {
  audience: 'https://vault.azure.net',
  newRequestId: randomUUID,
  headers: ({ requestId, clientRequestId, now }, _, authorized) => [
    ['Cache-Control', 'no-cache'],
    ['Pragma', 'no-cache'],
    ['Content-Type', 'application/json; charset=utf-8'],
    ['Expires', '-1'],
    ['x-ms-keyvault-region', region],
    ...optional('x-ms-client-request-id', clientRequestId),
    ['x-ms-request-id', requestId],
    ['x-ms-keyvault-service-version', '1.9.3347.1'],
    ['x-ms-keyvault-network-info', 'conn_type=Ipv4;addr=127.0.0.1;act_addr_fam=InterNetwork;'],
    ...optional('x-ms-keyvault-rbac-assignment-id', authorized ? '0'.repeat(32) : undefined),
    ['X-Content-Type-Options', 'nosniff'],
    ['Strict-Transport-Security', 'max-age=31536000;includeSubDomains'],
    ['Date', now.toUTCString()],
  ],
  challengeBody: () =>
    '{"error":{"code":"Unauthorized","message":"AKV10000: Request is missing a Bearer, PoP, or MTLS_POP token."}}',
  notFound: (what) =>
    `A key with (name/id) ${what} was not found in this key vault. If you recently deleted this key you may be able to recover it using the correct recovery command. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125182`,
  invalidProperty: 'Property  has invalid value\r\n',
  permission: (operation) => `Microsoft.KeyVault/vaults/keys/${vaultActions[operation]}`,
}

const managedHsm: FlavourFacts = {
  audience: 'https://managedhsm.azure.net',
  // Of version 1, as the service's own are; nobody reads the time in it.
  newRequestId: () => randomUUID().replace(/-4/, '-1'),
  headers: ({ method, requestId }, status) => [
    ['Cache-Control', 'no-cache'],
    ['Content-Type', 'application/json; charset=utf-8'],
    ['Content-Security-Policy', "default-src 'self'"],
    ['Strict-Transport-Security', 'max-age=31536000; includeSubDomains'],
    ['X-Content-Type-Options', 'nosniff'],
    ['X-Frame-Options', 'SAMEORIGIN'],
    ...optional('x-ms-build-version', method === 'GET' ? '1.0.20260505-1-b95d5630-develop' : undefined),
    ...optional('x-ms-keyvault-region', status < 300 ? region : undefined),
    ...optional(
      'x-ms-keyvault-network-info',
      status < 300 ? 'conn_type=Ipv4;addr=127.0.0.1;act_addr_fam=Ipv4;' : undefined,
    ),
    ['x-ms-request-id', requestId],
    ['x-ms-server-latency', '1'],
  ],
  challengeBody: (method) => (method === 'GET' ? 'OK' : ''),
  notFound: (what) => `Key not found: BASE/keys/${what}`,
  invalidProperty: 'Invalid key name',
  permission: (operation) => `Microsoft.KeyVault/managedHsm/${hsmActions[operation]}`,
}

/** Both, by name. */
export const flavours: Readonly<Record<Flavour, FlavourFacts>> = {
  'key-vault': keyVault,
  'managed-hsm': managedHsm,
}

function optional(name: string, value: string | undefined): readonly Header[] {
  return value === undefined ? [] : [[name, value]]
}
