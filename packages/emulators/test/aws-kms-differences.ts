/** A situation that the emulator answers differently, or not at all, and why. */
export interface Difference {
  readonly situation: string
  readonly reason: string
}

/** What was recorded and stands in no row of the situations. */
export const differences: readonly Difference[] = [
  {
    situation: 'Encrypt too much under RSA_2048',
    reason: 'no asymmetric encryption here: the project wraps by symmetric keys alone',
  },
  {
    situation: 'operation not valid for the key origin',
    reason: 'recorded of GetKeyRotationStatus, which is not here; ListKeyRotations refuses in the same words',
  },
  { situation: 'disabled key, seen through S3 GetObject', reason: 'no S3 here; KMS is asked directly above' },
  {
    situation: 'key pending deletion, seen through S3 GetObject',
    reason: 'no S3 here; KMS is asked directly above',
  },
  { situation: 'no permission (2021 wording)', reason: 'the service gives its reason since' },
  {
    situation: 'CiphertextForRecipient',
    reason: 'documented only, for Nitro enclaves, which nothing here attests',
  },
  {
    situation: 'answers without KeyMaterialId, as of 2023 and 2024',
    reason: 'the service names key materials since',
  },
  {
    situation: 'ciphertexts that begin 01 02 01 00 78',
    reason: 'both beginnings are in use; what follows is laid out alike',
  },
]

/** Which row stands for what a recording is called, where the words differ. */
export const recordedAs: Readonly<Record<string, string>> = {
  'Encrypt (symmetric, key by alias)': 'Encrypt, the key by its alias',
  'Decrypt of tampered ciphertext: byte 0 changed': 'tampered ciphertext: byte 0 changed',
  'Decrypt of tampered ciphertext: byte 1 removed': 'tampered ciphertext: byte 1 removed',
  'Decrypt of tampered ciphertext: last byte removed and the byte before it changed':
    'tampered ciphertext: last byte removed, the one before it changed',
  'Decrypt of tampered ciphertext: arbitrary bytes': 'tampered ciphertext: arbitrary bytes',
  'Encrypt 96 bytes (symmetric)': 'Encrypt with an encryption context',
  'Decrypt of invalid ciphertext': 'tampered ciphertext: arbitrary bytes',
  'GenerateDataKey with context, then Decrypt without it':
    'GenerateDataKey with a context, then Decrypt without it',
  'GenerateDataKey (recorded May 2023, before KeyMaterialId)': 'GenerateDataKey',
  'GenerateDataKeyWithoutPlaintext (May 2023)': 'GenerateDataKeyWithoutPlaintext',
  'ReEncrypt symmetric to symmetric (recorded 9 June 2025)': 'ReEncrypt from one symmetric key to another',
  'ReEncrypt naming another source key than the one that encrypted (an HMAC key)':
    'ReEncrypt naming another source key',
  'Decrypt naming another key than the one that encrypted (an HMAC key)': 'Decrypt naming another key',
  'Encrypt of more than 4096 bytes': 'Encrypt of more than 4,096 bytes',
  'unknown key id (a well formed UUID)': 'unknown key id, a UUID',
  'unknown key id (not a UUID)': 'unknown key id, not a UUID',
  'key of another region by id': 'key of another Region by id',
  'key of another region by ARN': 'key of another Region by ARN',
  'Decrypt of a ciphertext with 8 bytes appended (Feb 2026)': 'ciphertext with 8 bytes appended',
  'on demand rotation limit': 'limit of rotations on demand',
  'no permission (2025 wording with the reason)': 'no permission, for no key policy gives it',
  'DescribeKey success: header set in lower case': 'DescribeKey',
  'no permission: raw body (capital M in Message)': 'no permission, denied by a key policy',
  'throttled: raw body (small m in message)': 'throttled',
  'invalid ciphertext: raw body': 'tampered ciphertext: arbitrary bytes',
  'Decrypt where the key of the ciphertext is gone or not allowed (message only, code AccessDeniedException)':
    'Decrypt where the key of the ciphertext is gone',
  'GenerateDataKey: which members today': 'GenerateDataKey',
  'Decrypt: members as the cli prints them': 'Decrypt',
  'GenerateDataKey under a disabled key, then under a key pending deletion: codes':
    'GenerateDataKey under a disabled key',
}
