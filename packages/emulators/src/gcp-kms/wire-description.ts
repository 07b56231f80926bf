/** A field: its type, its number, and whether it repeats. Types without a dot belong to the service's own package. */
export type FieldDescription = readonly [type: string, number: number, repeated?: 'repeated']

/** Messages by name, each with its fields by their names in camel case. */
export type MessageDescriptions = Readonly<Record<string, Readonly<Record<string, FieldDescription>>>>

/** The package of the service's own messages. */
export const servicePackage: string = 'google.cloud.kms.v1'

/** Full name of the service, the first part of every request's path. */
export const serviceName: string = `${servicePackage}.KeyManagementService`

/** The service of permissions, which the same endpoint has. */
export const iamServiceName: string = 'google.iam.v1.IAMPolicy'

// Names and numbers are those of google/cloud/kms/v1 (service.proto, resources.proto), as far as the emulator speaks
// them; what is left out is skipped when it is read. A test compares every line with the client's own description.

/** Enumerations of the service, with the values that the emulator knows. */
export const enumerations: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  ProtectionLevel: { PROTECTION_LEVEL_UNSPECIFIED: 0, SOFTWARE: 1, HSM: 2 },
  'CryptoKey.CryptoKeyPurpose': { CRYPTO_KEY_PURPOSE_UNSPECIFIED: 0, ENCRYPT_DECRYPT: 1 },
  'CryptoKeyVersion.CryptoKeyVersionAlgorithm': {
    CRYPTO_KEY_VERSION_ALGORITHM_UNSPECIFIED: 0,
    GOOGLE_SYMMETRIC_ENCRYPTION: 1,
  },
  'CryptoKeyVersion.CryptoKeyVersionState': {
    CRYPTO_KEY_VERSION_STATE_UNSPECIFIED: 0,
    ENABLED: 1,
    DISABLED: 2,
    DESTROYED: 3,
    DESTROY_SCHEDULED: 4,
    PENDING_GENERATION: 5,
  },
}

const timestamp = 'google.protobuf.Timestamp'
const duration = 'google.protobuf.Duration'
const checksum = 'google.protobuf.Int64Value'
const mask = 'google.protobuf.FieldMask'

const named = { name: ['string', 1] } as const
const listing = { parent: ['string', 1], pageSize: ['int32', 2], pageToken: ['string', 3] } as const
const listed = { nextPageToken: ['string', 2], totalSize: ['int32', 3] } as const

/** Messages of the service. */
export const messages: MessageDescriptions = {
  KeyRing: { name: ['string', 1], createTime: [timestamp, 2] },
  CryptoKey: {
    name: ['string', 1],
    primary: ['CryptoKeyVersion', 2],
    purpose: ['CryptoKey.CryptoKeyPurpose', 3],
    createTime: [timestamp, 5],
    nextRotationTime: [timestamp, 7],
    rotationPeriod: [duration, 8],
    labels: ['map<string,string>', 10],
    versionTemplate: ['CryptoKeyVersionTemplate', 11],
    destroyScheduledDuration: [duration, 14],
  },
  CryptoKeyVersionTemplate: {
    protectionLevel: ['ProtectionLevel', 1],
    algorithm: ['CryptoKeyVersion.CryptoKeyVersionAlgorithm', 3],
  },
  CryptoKeyVersion: {
    name: ['string', 1],
    state: ['CryptoKeyVersion.CryptoKeyVersionState', 3],
    createTime: [timestamp, 4],
    destroyTime: [timestamp, 5],
    destroyEventTime: [timestamp, 6],
    protectionLevel: ['ProtectionLevel', 7],
    algorithm: ['CryptoKeyVersion.CryptoKeyVersionAlgorithm', 10],
    generateTime: [timestamp, 11],
  },
  ListKeyRingsRequest: listing,
  ListKeyRingsResponse: { keyRings: ['KeyRing', 1, 'repeated'], ...listed },
  ListCryptoKeysRequest: listing,
  ListCryptoKeysResponse: { cryptoKeys: ['CryptoKey', 1, 'repeated'], ...listed },
  ListCryptoKeyVersionsRequest: listing,
  ListCryptoKeyVersionsResponse: { cryptoKeyVersions: ['CryptoKeyVersion', 1, 'repeated'], ...listed },
  GetKeyRingRequest: named,
  GetCryptoKeyRequest: named,
  GetCryptoKeyVersionRequest: named,
  CreateKeyRingRequest: { parent: ['string', 1], keyRingId: ['string', 2], keyRing: ['KeyRing', 3] },
  CreateCryptoKeyRequest: {
    parent: ['string', 1],
    cryptoKeyId: ['string', 2],
    cryptoKey: ['CryptoKey', 3],
    skipInitialVersionCreation: ['bool', 5],
  },
  CreateCryptoKeyVersionRequest: { parent: ['string', 1], cryptoKeyVersion: ['CryptoKeyVersion', 2] },
  UpdateCryptoKeyRequest: { cryptoKey: ['CryptoKey', 1], updateMask: [mask, 2] },
  UpdateCryptoKeyVersionRequest: { cryptoKeyVersion: ['CryptoKeyVersion', 1], updateMask: [mask, 2] },
  UpdateCryptoKeyPrimaryVersionRequest: { name: ['string', 1], cryptoKeyVersionId: ['string', 2] },
  DestroyCryptoKeyVersionRequest: named,
  RestoreCryptoKeyVersionRequest: named,
  EncryptRequest: {
    name: ['string', 1],
    plaintext: ['bytes', 2],
    additionalAuthenticatedData: ['bytes', 3],
    plaintextCrc32c: [checksum, 7],
    additionalAuthenticatedDataCrc32c: [checksum, 8],
  },
  EncryptResponse: {
    name: ['string', 1],
    ciphertext: ['bytes', 2],
    ciphertextCrc32c: [checksum, 4],
    verifiedPlaintextCrc32c: ['bool', 5],
    verifiedAdditionalAuthenticatedDataCrc32c: ['bool', 6],
    protectionLevel: ['ProtectionLevel', 7],
  },
  DecryptRequest: {
    name: ['string', 1],
    ciphertext: ['bytes', 2],
    additionalAuthenticatedData: ['bytes', 3],
    ciphertextCrc32c: [checksum, 5],
    additionalAuthenticatedDataCrc32c: [checksum, 6],
  },
  DecryptResponse: {
    plaintext: ['bytes', 1],
    plaintextCrc32c: [checksum, 2],
    usedPrimary: ['bool', 3],
    protectionLevel: ['ProtectionLevel', 4],
  },
  GenerateRandomBytesRequest: {
    location: ['string', 1],
    lengthBytes: ['int32', 2],
    protectionLevel: ['ProtectionLevel', 3],
  },
  GenerateRandomBytesResponse: { data: ['bytes', 1], dataCrc32c: [checksum, 3] },
}

/** What the service's messages and errors take from Google's common packages, by full name. */
export const commonMessages: MessageDescriptions = {
  'google.protobuf.Timestamp': { seconds: ['int64', 1], nanos: ['int32', 2] },
  'google.protobuf.Duration': { seconds: ['int64', 1], nanos: ['int32', 2] },
  'google.protobuf.Int64Value': { value: ['int64', 1] },
  'google.protobuf.FieldMask': { paths: ['string', 1, 'repeated'] },
  'google.iam.v1.TestIamPermissionsRequest': {
    resource: ['string', 1],
    permissions: ['string', 2, 'repeated'],
  },
  'google.iam.v1.TestIamPermissionsResponse': { permissions: ['string', 1, 'repeated'] },
  'google.protobuf.Any': { type_url: ['string', 1], value: ['bytes', 2] },
  'google.rpc.Status': {
    code: ['int32', 1],
    message: ['string', 2],
    details: ['google.protobuf.Any', 3, 'repeated'],
  },
  'google.rpc.DebugInfo': { stackEntries: ['string', 1, 'repeated'], detail: ['string', 2] },
  'google.rpc.ErrorInfo': {
    reason: ['string', 1],
    domain: ['string', 2],
    metadata: ['map<string,string>', 3],
  },
  'google.rpc.RetryInfo': { retryDelay: [duration, 1] },
  'google.rpc.PreconditionFailure': {
    violations: ['google.rpc.PreconditionFailure.Violation', 1, 'repeated'],
  },
  'google.rpc.PreconditionFailure.Violation': {
    type: ['string', 1],
    subject: ['string', 2],
    description: ['string', 3],
  },
}
