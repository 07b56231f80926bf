import { type Fields, has, integer } from './request-fields.ts'
import type { TransitKeyState } from './transit-key.ts'
import { VaultRefusal } from './vault-answers.ts'

/** `keys/NAME/config` */
export function configure(key: TransitKeyState, fields: Fields): void {
  const minDecryption = has(fields, 'min_decryption_version')
    ? integer(fields, 'min_decryption_version') || 1
    : key.minDecryptionVersion
  const minEncryption = has(fields, 'min_encryption_version')
    ? integer(fields, 'min_encryption_version')
    : key.minEncryptionVersion
  for (const [what, value] of [
    ['decryption', minDecryption],
    ['encryption', minEncryption],
  ] as const) {
    if (value < 0) throw new VaultRefusal(400, `min ${what} version cannot be negative`)
    if (value <= key.latestVersion) continue
    throw new VaultRefusal(
      400,
      `cannot set min ${what} version of ${value}, latest key version is ${key.latestVersion}`,
    )
  }
  if (minEncryption > 0 && minEncryption < minDecryption) {
    throw new VaultRefusal(
      400,
      `cannot set min encryption/decryption values; min encryption version of ${minEncryption} must be greater than or equal to min decryption version of ${minDecryption}`,
    )
  }
  if (minDecryption < key.minAvailableVersion) {
    throw new VaultRefusal(400, 'min decryption version should not be less then min available version')
  }
  key.minDecryptionVersion = minDecryption
  key.minEncryptionVersion = minEncryption
  if (typeof fields['deletion_allowed'] === 'boolean') key.deletionAllowed = fields['deletion_allowed']
  if (fields['exportable'] === true) key.exportable = true
  if (fields['allow_plaintext_backup'] === true) key.allowPlaintextBackup = true
  if (has(fields, 'auto_rotate_period')) key.autoRotatePeriod = integer(fields, 'auto_rotate_period')
}

/** `keys/NAME/trim` */
export function trim(key: TransitKeyState, fields: Fields): void {
  if (!has(fields, 'min_available_version')) throw new VaultRefusal(400, 'missing min_available_version')
  const wanted = integer(fields, 'min_available_version')
  const rules: readonly (readonly [boolean, string])[] = [
    [wanted < key.minAvailableVersion, 'minimum available version cannot be decremented'],
    [
      key.minEncryptionVersion === 0,
      'minimum available version cannot be set when minimum encryption version is not set',
    ],
    [
      wanted > key.minEncryptionVersion,
      'minimum available version cannot be greater than minmum encryption version',
    ],
    [
      wanted > key.minDecryptionVersion,
      'minimum available version cannot be greater than minimum decryption version',
    ],
    [wanted < 1, 'minimum available version should be positive'],
  ]
  for (const [broken, said] of rules) if (broken) throw new VaultRefusal(400, said)
  key.minAvailableVersion = wanted
  for (const version of Object.keys(key.material)) if (Number(version) < wanted) delete key.material[version]
}
