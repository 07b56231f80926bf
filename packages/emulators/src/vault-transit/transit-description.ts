import type { TransitKeyState } from './transit-key.ts'

/** What a read of a key answers. */
export function describeKey(name: string, key: TransitKeyState): object {
  const encrypts = key.type !== 'hmac'
  const live = Object.entries(key.material).filter(([version]) => Number(version) >= key.minDecryptionVersion)
  return {
    name,
    type: key.type,
    derived: key.derived,
    deletion_allowed: key.deletionAllowed,
    min_available_version: key.minAvailableVersion,
    min_decryption_version: key.minDecryptionVersion,
    min_encryption_version: key.minEncryptionVersion,
    latest_version: key.latestVersion,
    exportable: key.exportable,
    allow_plaintext_backup: key.allowPlaintextBackup,
    supports_encryption: encrypts,
    supports_decryption: encrypts,
    supports_signing: false,
    supports_derivation: encrypts,
    auto_rotate_period: key.autoRotatePeriod,
    imported_key: false,
    ...(encrypts
      ? { keys: Object.fromEntries(live.map(([version, { createdAt }]) => [version, createdAt])) }
      : {}),
    ...(key.type === 'hmac' ? { key_size: 32 } : {}),
    ...(key.derived
      ? {
          kdf: 'hkdf_sha256',
          convergent_encryption: key.convergent,
          ...(key.convergent ? { convergent_encryption_version: -1 } : {}),
        }
      : {}),
    // OpenBao alone has a soft delete, and tells of it.
    ...(key.softDeleted ? { soft_deleted: true } : {}),
  }
}
