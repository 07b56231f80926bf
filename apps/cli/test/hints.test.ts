import { KeywrightError } from '@keywright/core'
import { expect, test } from 'vitest'
import { hintOf } from '../src/terminal/hints.ts'

test.each([
  ['allowSharedDek', '--allow-shared-dek'],
  ['acceptPublicKeyWrap', '--accept-public-key-wrap'],
  ['threshold', 'minThreshold'],
])('what a policy refused for %s names %s', (field, named) => {
  expect(hintOf(new KeywrightError('policy-mismatch', 'refused', { field }))).toContain(named)
})

test.each([
  ['access-denied', 'aws-kms', 'unwrapKey', 'kms:Decrypt'],
  ['access-denied', 'aws-kms', 'generateDataKey', 'kms:GenerateDataKey'],
  ['access-denied', 'gcp-kms', 'wrapKey', 'useToEncrypt'],
  ['access-denied', 'azure-key-vault', 'unwrapKey', 'keys/unwrap/action'],
  ['access-denied', 'vault-transit', 'rewrapKey', 'MOUNT/rewrap/NAME'],
  ['access-denied', 'pkcs11', 'wrapKey', 'CKA_ENCRYPT'],
  ['access-denied', 'local', 'connect', 'permissions'],
  ['access-denied', 'acme', 'unwrapKey', 'allows'],
  ['unauthenticated', 'vault-transit', 'unwrapKey', 'VAULT_TOKEN'],
  ['unauthenticated', 'pkcs11', 'connect', 'pin-source'],
  ['key-not-found', 'aws-kms', 'describeKey', 'Region'],
  ['key-disabled', 'gcp-kms', 'wrapKey', 'enable'],
  ['key-destroyed', 'azure-key-vault', 'unwrapKey', 'recover'],
  ['key-version-retired', 'vault-transit', 'unwrapKey', 'min_decryption_version'],
  ['unavailable', 'vault-transit', 'connect', 'unsealed'],
  ['timeout', 'aws-kms', 'wrapKey', 'endpoint'],
  ['throttled', 'gcp-kms', 'wrapKey', 'quota'],
] as const)('%s of %s on %s is answered with what to do there', (code, provider, operation, named) => {
  expect(hintOf(new KeywrightError(code, 'refused', { provider, operation }))).toContain(named)
})

test('a refusal that names no provider is answered by the key that it names', () => {
  const error = new KeywrightError('key-not-found', 'refused', { key: 'local://orders' })
  expect(hintOf(error)).toContain('keywright keys list')
})

test.each([
  ['aws-kms', 'aws-kms://alias/orders?context=digest', 'kms:Decrypt on alias/orders in'],
  [
    'vault-transit',
    'vault-transit://vault.example/ns/team/kv/transit/keys/orders',
    'update on kv/transit/decrypt/orders',
  ],
  [
    'pkcs11',
    'pkcs11:token=t;object=orders?module-path=/lib/x.so',
    'CKA_DECRYPT (or CKA_UNWRAP) on token=t;object=orders',
  ],
] as const)('a right that is missing at %s is named with the key', (provider, key, named) => {
  const error = new KeywrightError('access-denied', 'refused', { provider, operation: 'unwrapKey', key })
  expect(hintOf(error)).toContain(named)
})
