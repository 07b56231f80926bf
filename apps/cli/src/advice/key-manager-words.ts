import type { ErrorCode, KeywrightError } from '@keywright/core'

type Operation = NonNullable<KeywrightError['details']['operation']>

/** What the command knows to say of one key manager; words for people, in its own terms. */
export interface KeyManagerWords {
  /** Name of the right that each call needs there. */
  readonly rights: Readonly<Partial<Record<Operation, string>>>
  /** A right with the key that it is for; the reference is that of its URI, where it is known. */
  readonly nameRight: (right: string, reference: string | undefined) => string
  /** How such a right is given. */
  readonly grant: string
  /** What to do about other answers. */
  readonly remedies: Readonly<Partial<Record<ErrorCode, string>>>
}

const onKey: KeyManagerWords['nameRight'] = (right, reference) =>
  reference === undefined ? right : `${right} on ${reference}`

/** Vault's rights are those to paths, in which mount and key stand. */
const inPath: KeyManagerWords['nameRight'] = (right, reference) => {
  const [, mount = 'MOUNT', name = 'NAME'] =
    /^[^/]+(?:\/ns\/[^/]+)*\/(.+)\/keys\/([^/]+)$/.exec(reference ?? '') ?? []
  return right.replace('MOUNT', mount).replace('NAME', name)
}

const awsKms: KeyManagerWords = {
  nameRight: onKey,
  rights: {
    connect: 'kms:DescribeKey',
    describeKey: 'kms:DescribeKey',
    wrapKey: 'kms:Encrypt',
    unwrapKey: 'kms:Decrypt',
    generateDataKey: 'kms:GenerateDataKey',
    rewrapKey: 'kms:ReEncryptFrom on the old key and kms:ReEncryptTo',
  },
  grant: 'in the key policy or an IAM policy of this principal, for the encryption context that is used',
  remedies: {
    unauthenticated:
      'log in (AWS_PROFILE, aws sso login, a role), and compare the clock: one that is minutes off is refused too',
    'key-not-found': 'check account, Region, and the key id or alias: an alias lives in one Region',
    'key-disabled': 'enable the key: aws kms enable-key --key-id KEY',
    'key-destroyed':
      'its deletion is scheduled: aws kms cancel-key-deletion --key-id KEY, then aws kms enable-key',
    unavailable: 'check the Region, the endpoint (AWS_ENDPOINT_URL_KMS) and the network',
  },
}

const gcpKms: KeyManagerWords = {
  nameRight: onKey,
  rights: {
    connect: 'cloudkms.cryptoKeys.get',
    // The list of versions is asked for too; without the right to it, the primary one is described alone.
    describeKey: 'cloudkms.cryptoKeys.get',
    wrapKey: 'cloudkms.cryptoKeyVersions.useToEncrypt',
    unwrapKey: 'cloudkms.cryptoKeyVersions.useToDecrypt',
  },
  grant: 'to this account, by a role such as Cloud KMS CryptoKey Encrypter or Decrypter',
  remedies: {
    unauthenticated: 'log in: gcloud auth application-default login, or GOOGLE_APPLICATION_CREDENTIALS',
    'key-not-found': 'check project, location, key ring and key; a denied caller may be told the same',
    'key-disabled': 'enable its primary version: gcloud kms keys versions enable',
    'key-destroyed':
      'restore the version while its destruction is scheduled: gcloud kms keys versions restore',
    'key-version-retired':
      'enable the version that the file names, rewrap, disable it again: gcloud kms keys versions enable',
    unavailable: 'check the network, the proxy, and that the Cloud KMS API is enabled in the project',
  },
}

const azureKeyVault: KeyManagerWords = {
  nameRight: onKey,
  rights: {
    connect: 'keys/read',
    describeKey: 'keys/read',
    wrapKey: 'keys/wrap/action (with A256GCM keys/encrypt/action)',
    unwrapKey: 'keys/unwrap/action (with A256GCM keys/decrypt/action)',
  },
  grant: 'to this identity, by a role such as Key Vault Crypto Service Encryption User',
  remedies: {
    unauthenticated: 'log in: az login, or AZURE_TENANT_ID, AZURE_CLIENT_ID and a credential',
    'key-not-found': "check the vault's host and the key's name; a deleted key can be recovered for a while",
    'key-disabled':
      'enable the key, and look at its dates: az keyvault key set-attributes --enabled true --name KEY',
    'key-destroyed': 'recover it while it is soft-deleted: az keyvault key recover --name KEY',
    'key-version-retired':
      'enable the version that the file names: az keyvault key set-attributes --enabled true --version VERSION',
    unavailable: "check the vault's host, its firewall and private endpoint, and the network",
  },
}

const vaultTransit: KeyManagerWords = {
  nameRight: inPath,
  rights: {
    connect: 'read on MOUNT/keys/NAME',
    describeKey: 'read on MOUNT/keys/NAME',
    wrapKey: 'update on MOUNT/encrypt/NAME',
    unwrapKey: 'update on MOUNT/decrypt/NAME',
    generateDataKey: 'update on MOUNT/datakey/plaintext/NAME',
    rewrapKey: 'update on MOUNT/rewrap/NAME',
  },
  grant: 'in a policy of the token or of its role',
  remedies: {
    unauthenticated: 'give a valid token (VAULT_TOKEN), or log in anew: this one is missing or has expired',
    'key-not-found': 'check address, namespace, mount and name; a key is made by its owner, never by its use',
    'key-version-retired':
      'the file needs an older version: lower min_decryption_version, rewrap, and raise it again',
    unavailable: 'check address, TLS trust (VAULT_CACERT), and that Vault is unsealed and active',
  },
}

const pkcs11: KeyManagerWords = {
  nameRight: onKey,
  rights: {
    wrapKey: 'CKA_ENCRYPT (or CKA_WRAP)',
    unwrapKey: 'CKA_DECRYPT (or CKA_UNWRAP)',
    rewrapKey: 'CKA_WRAP and CKA_UNWRAP',
  },
  grant: 'for the user who logs in, as attributes of the key object',
  remedies: {
    unauthenticated:
      'give the right PIN, pin-source=file:PATH; it is tried once, for tokens lock after a few',
    'key-not-found': 'check token, object and id of the URI; a private key shows only after a login',
    'key-disabled': 'the key object does not allow this use: see CKA_ENCRYPT, CKA_DECRYPT, its dates',
    unsupported: 'the token has no mechanism for this key: AES for GCM or KWP, RSA for OAEP with SHA-256',
    unavailable: 'check that the module loads (module-path), and that its token is in place',
  },
}

const local: KeyManagerWords = {
  nameRight: onKey,
  rights: {},
  grant: '',
  remedies: {
    unauthenticated: 'give the right passphrase: --passphrase-file PATH',
    'key-not-found': 'see keywright keys list; keywright keys create makes a local key',
    'access-denied': "check owner and permissions of the key's file and of its folder",
    'key-disabled': 'its version was disabled: enable it again with enableKeyVersion of @keywright/local',
    'key-destroyed': 'its material is gone: only a backup of the key file brings it back',
  },
}

/** The words for each scheme; another scheme has the general ones. */
export const keyManagerWords: ReadonlyMap<string, KeyManagerWords> = new Map([
  ['aws-kms', awsKms],
  ['gcp-kms', gcpKms],
  ['azure-key-vault', azureKeyVault],
  ['vault-transit', vaultTransit],
  ['pkcs11', pkcs11],
  ['local', local],
])
