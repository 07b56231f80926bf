import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ConformanceHarness } from '@keywright/conformance'
import * as keys from '../src/index.ts'

/** The local provider on a folder of its own, made and removed for each case. */
export const harness: ConformanceHarness = {
  provider: 'local',
  backend: 'key file, format 1',
  log: 'nothing: it keeps none',
  fromUri: keys.local.fromUri,
  prepare: async () => {
    const folder = await mkdtemp(join(tmpdir(), 'keywright-conformance-'))
    const first = { key: 'first', folder, passphrase: false } as const
    const second = { ...first, key: 'second' } as const
    await keys.createKey(first)
    await keys.createKey(second)
    const oldest = { ...first, version: '1' }
    const destroy = async (): Promise<void> => {
      await keys.disableKeyVersion(oldest)
      await keys.destroyKeyVersion(oldest)
    }
    return {
      first: () => keys.local(first),
      second: () => keys.local(second),
      missing: () => keys.local({ ...first, key: 'missing' }),
      rotate: async () => void (await keys.rotateKey(first)),
      retire: destroy,
      disable: async () => void (await keys.disableKeyVersion(oldest)),
      enable: async () => void (await keys.enableKeyVersion(oldest)),
      destroy,
      close: () => rm(folder, { recursive: true }),
    }
  },
}
