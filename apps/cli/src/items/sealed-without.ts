import type { SealWarning } from '../keys/key-lookup.ts'
import { printable } from '../terminal/terminal.ts'

/** What is told of keys that a file was sealed without. */
export interface SealedWithout {
  /** Fields of the `--json` document; none where every key has its slot. */
  readonly fields: { readonly withoutKeys?: readonly SealWarning[] }
  readonly warning: readonly string[]
}

/**
 * Tells of keys that a file has no slot of, because they could not wrap and the keyring proceeds then.
 *
 * @param path of the file
 * @param warnings of its seal
 */
export function sealedWithout(path: string, warnings: readonly SealWarning[]): SealedWithout {
  if (warnings.length === 0) return { fields: {}, warning: [] }
  const lines = warnings.map(
    ({ key, code }) =>
      `keywright: ${printable(path)}: sealed without ${printable(key)} (${code}); add it later: keywright rewrap --add`,
  )
  return { fields: { withoutKeys: warnings }, warning: lines }
}
