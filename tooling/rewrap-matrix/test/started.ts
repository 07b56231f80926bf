import { BackendMissing } from '@keywright/backends'
import { afterAll, test } from 'vitest'
import { keyManagerStarts } from '../src/key-managers/index.ts'
import type { KeyManager, ManagedKey } from '../src/key-managers/key-manager.ts'

/** Key managers of one test file. */
export interface Started {
  readonly managers: ReadonlyMap<string, KeyManager>
  /** A new key of one of them. */
  readonly newKey: (scheme: string, rewrappable?: boolean) => Promise<ManagedKey>
  /** Whether it was started. */
  readonly has: (scheme: string) => boolean
}

/**
 * Starts key managers for this test file, stopped after its last test. One that this machine lacks is told in a skipped
 * test, and in CI is an error.
 *
 * @param starts by scheme; default: all of the everyday ones
 */
export async function started(
  starts: ReadonlyMap<string, () => Promise<KeyManager>> = keyManagerStarts,
): Promise<Started> {
  const managers = new Map<string, KeyManager>()
  afterAll(() => Promise.all([...managers.values()].map((manager) => manager.close())))
  for (const [scheme, start] of starts) {
    try {
      managers.set(scheme, await start())
    } catch (error) {
      const wanted = process.env['CI'] === 'true' || process.env['KEYWRIGHT_TESTS'] === 'ci'
      if (!(error instanceof BackendMissing) || wanted) throw error
      test.skipIf(true)(`${scheme} is missing: ${error.message}`)
    }
  }
  let made = 0
  return {
    managers,
    has: (scheme) => managers.has(scheme),
    newKey: async (scheme, rewrappable = false) => {
      made++
      const manager = managers.get(scheme)
      const create = rewrappable ? manager?.createRewrappable : manager?.createKey
      if (create === undefined) throw new Error(`${scheme} makes no such key`)
      return create(`key-${made}`)
    },
  }
}
