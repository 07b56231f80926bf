import { keyring, open, seal } from '@keywright/core'
import { context } from './bench-context.ts'
import { memoryKek } from './memory-kek.ts'

/** Ours, set up as an application would. */
export interface Ours {
  readonly seal: (plain: Uint8Array) => Promise<Uint8Array>
  readonly open: (sealed: Uint8Array) => Promise<Uint8Array>
  readonly close: () => Promise<void>
}

const associatedData = 'orders/4711/card'

/** A keyring of one KEK; `cached` gives it a DEK cache that lasts for the whole measurement. */
export function ours(cached: boolean): Ours {
  const cache = { maxAgeMs: 3_600_000, maxMessages: 2 ** 32, maxBytes: 2 ** 50, maxEntries: 1_000 }
  const keys = keyring({ seal: [memoryKek()], ...(cached ? { cache } : {}) })
  return {
    seal: (plain) => seal(plain, { keys, context, associatedData }),
    open: (sealed) => open(sealed, { keys, context, associatedData }),
    close: () => keys.close(),
  }
}
