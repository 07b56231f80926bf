import type { Kek } from '../src/index.ts'
import { type MemoryKekControl, memoryControl, memoryKek } from './memory-kek.ts'

/** A memory KEK whose key manager tells versions. */
export interface VersionedKek {
  readonly kek: Kek
  readonly control: MemoryKekControl
  /** Makes a new version the one that wraps. */
  readonly rotate: () => void
}

/**
 * Makes a KEK that tells its versions: `1`, and one more with each rotation.
 *
 * @param name its reference
 */
export function versionedKek(name: string): VersionedKek {
  const control = memoryControl()
  let version = 1
  control.alter = (driver) => ({
    ...driver,
    capabilities: { ...driver.capabilities, tellsVersionOnWrap: true },
    wrapKey: async (request) => ({ ...(await driver.wrapKey(request)), keyVersion: String(version) }),
    describeKey: async (call) => ({ ...(await driver.describeKey(call)), currentVersion: String(version) }),
  })
  return {
    kek: memoryKek({ name, control }),
    control,
    rotate: () => {
      version++
    },
  }
}
