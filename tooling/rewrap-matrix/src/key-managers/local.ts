import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as keys from '@keywright/local'
import type { KeyManager } from './key-manager.ts'

/** Local keys in a folder of their own. */
export async function startLocal(): Promise<KeyManager> {
  const folder = await mkdtemp(join(tmpdir(), 'keywright-local-keys-'))
  return {
    scheme: 'local',
    backend: 'key file',
    environment: { KEYWRIGHT_DATA_DIR: folder },
    createKey: async (key) => {
      const made = { key, folder, passphrase: false } as const
      await keys.createKey(made)
      const versions = async (): Promise<readonly string[]> =>
        (await keys.describeKey({ key, folder })).versions.map(({ version }) => version)
      const each = async (change: typeof keys.disableKeyVersion): Promise<void> => {
        for (const version of await versions()) await change({ ...made, version })
      }
      return {
        uri: `local://${key}`,
        kek: () => keys.local(made),
        newVersion: async () => void (await keys.rotateKey(made)),
        disableFirstVersion: async () => void (await keys.disableKeyVersion({ ...made, version: '1' })),
        revoke: () => each(keys.disableKeyVersion),
        restore: () => each(keys.enableKeyVersion),
        disable: () => each(keys.disableKeyVersion),
        enable: () => each(keys.enableKeyVersion),
      }
    },
    close: () => rm(folder, { recursive: true }),
  }
}
