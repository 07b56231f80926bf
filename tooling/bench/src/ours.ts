import { type Keyring, keyring, open, seal } from '@keywright/core'
import { context } from './bench-context.ts'
import { benchKek } from './bench-kek.ts'

/** Ours, set up as an application would. */
export interface Ours {
  readonly seal: (plain: Uint8Array) => Promise<Uint8Array>
  readonly open: (sealed: Uint8Array) => Promise<Uint8Array>
  readonly close: () => Promise<void>
}

/** What every body is bound to besides its context. */
export const associatedData = 'orders/4711/card'

/** A keyring of one KEK; `cached` gives it a DEK cache that lasts for the whole measurement. */
export function benchKeyring(cached: boolean): Keyring {
  const cache = { maxAgeMs: 3_600_000, maxMessages: 2 ** 32, maxBytes: 2 ** 50, maxEntries: 1_000 }
  return keyring({ seal: [benchKek('bench')], ...(cached ? { cache } : {}) })
}

/** Seals and opens with one keyring; `cached` as in {@link benchKeyring}. */
export function ours(cached: boolean): Ours {
  const keys = benchKeyring(cached)
  return {
    seal: (plain) => seal(plain, { keys, context, associatedData }),
    open: (sealed) => open(sealed, { keys, context, associatedData }),
    close: () => keys.close(),
  }
}
